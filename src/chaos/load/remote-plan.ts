import { isLoopback } from '../targets/loopback.ts'
import type { GeneratorPlan } from './ipc.ts'
import { maxUsers } from './message-id.ts'
import { type HostTrouble, hostTroubles } from './remote-errors.ts'
import type { ToHost } from './remote-messages.ts'

/** A generator's number is two hexadecimal digits of the ids it makes. */
export const mostGenerators = 256
const mostAddresses = 1024
const mostAgents = 10_000
const mostPerSecond = 1_000_000

/** A coordinator's message as it must be; undefined: it is none. What it asks for is judged by `problemOfPlans`. */
export function readToHost(value: unknown): ToHost | undefined {
  if (!isRecord(value)) return undefined
  switch (value['t']) {
    case 'begin':
      return Array.isArray(value['plans']) && value['plans'].every(isPlan) ? (value as ToHost) : undefined
    case 'tell':
      return isCount(value['generator'], mostGenerators) && isTold(value['message'])
        ? (value as ToHost)
        : undefined
    case 'ping':
    case 'sample':
      return isCount(value['n'], Number.MAX_SAFE_INTEGER) ? (value as ToHost) : undefined
    case 'end':
      return value as ToHost
    default:
      return undefined
  }
}

/** Why a host will not run these plans; undefined: it will. `targets`: hosts beyond loopback that it may load. */
export function problemOfPlans(
  plans: readonly GeneratorPlan[],
  targets: readonly string[],
): HostTrouble | undefined {
  for (const { addresses } of plans) {
    const stranger = addresses.find(({ host }) => !isLoopback(host) && !targets.includes(host))
    if (stranger === undefined) continue
    return hostTroubles.target(stranger.host)
  }
  return undefined
}

function isPlan(plan: unknown): boolean {
  return (
    isRecord(plan) &&
    isCount(plan['generator'], mostGenerators) &&
    typeof plan['dialect'] === 'string' &&
    isListOf(plan['addresses'], mostAddresses, isAddress) &&
    (plan['localAddress'] === undefined || typeof plan['localAddress'] === 'string') &&
    (plan['mode'] === 'open' || plan['mode'] === 'closed') &&
    isFinitePositive(plan['intervalMs']) &&
    isCount(plan['visitors'], maxUsers) &&
    isListOf(plan['agentTokens'], mostAgents, (token) => typeof token === 'string') &&
    Array.isArray(plan['flows']) &&
    isRecord(plan['trouble']) &&
    typeof plan['zeroNs'] === 'bigint' &&
    Number.isFinite(plan['zeroWallMs'])
  )
}

function isTold(message: unknown): boolean {
  if (!isRecord(message)) return false
  switch (message['t']) {
    case 'connect':
      return (
        isFinitePositive(message['perSecond']) &&
        Number(message['perSecond']) <= mostPerSecond &&
        isFinitePositive(message['withinMs'])
      )
    case 'start':
      return isRecord(message['window']) && Object.values(message['window']).every(Number.isFinite)
    case 'drain':
    case 'read-back':
      return isFinitePositive(message['withinMs'])
    case 'delivered':
      return isRecord(message['notice'])
    case 'report':
    case 'leave':
      return true
    default:
      return false
  }
}

function isAddress(value: unknown): boolean {
  return (
    isRecord(value) &&
    typeof value['host'] === 'string' &&
    isCount(value['port'], 65_535) &&
    typeof value['path'] === 'string' &&
    !/[\s\0]/.test(value['path'])
  )
}

function isListOf(value: unknown, most: number, fits: (item: unknown) => boolean): boolean {
  return Array.isArray(value) && value.length <= most && value.every(fits)
}

function isCount(value: unknown, most: number): boolean {
  return Number.isInteger(value) && Number(value) >= 0 && Number(value) <= most
}

function isFinitePositive(value: unknown): boolean {
  return Number.isFinite(value) && Number(value) > 0
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
