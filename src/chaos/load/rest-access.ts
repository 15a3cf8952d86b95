import { KfError, messageOf } from '../../core/errors.ts'
import { uuidv7 } from '../../core/ids.ts'
import type { RestStep } from '../scenario/scenario.ts'
import { isRecord } from '../targets/kf-admin.ts'
import type { RunningTarget } from '../targets/target.ts'
import type { RestRequests } from './rest-ipc.ts'

const answerWithinMs = 5_000

/**
 * The steps as requests to a target: addresses, credentials, and for each that asks as a visitor a visitor of its own with one
 * conversation. Throws `rest_setup` where the target does not give these.
 */
export function restRequests(
  steps: readonly RestStep[],
  target: RunningTarget,
  nowMs: () => number,
): Promise<readonly RestRequests[]> {
  const base = baseOf(target)
  return Promise.all(
    steps.map(async (step): Promise<RestRequests> => {
      const { name, method, body, connections, rate } = step
      const access = await accessOf(step, base, target, nowMs)
      const path = step.path.replaceAll('{conversation}', access.conversation)
      return {
        name,
        method,
        url: `${base}${path}`,
        headers: {
          ...(access.token === '' ? {} : { authorization: `Bearer ${access.token}` }),
          ...(target.site === '' ? {} : { 'x-kf-site': target.site }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        body,
        connections,
        rate,
      }
    }),
  )
}

type Access = { readonly token: string; readonly conversation: string }

async function accessOf(
  step: RestStep,
  base: string,
  target: RunningTarget,
  nowMs: () => number,
): Promise<Access> {
  if (step.as === 'agent') {
    const token = target.agentTokens[0]
    if (token !== undefined) return { token, conversation: '' }
    throw new KfError('rest_setup', `rest step ${step.name}: there is no agent to ask as`, {
      hint: 'give --data with the data folder of the node, or ask as: visitor',
    })
  }
  if (step.as !== 'visitor') return { token: '', conversation: '' }
  const minted = await post(`${base}/api/v1/visitors`, { site: target.site }, '')
  const token = isRecord(minted) && typeof minted['token'] === 'string' ? minted['token'] : ''
  const message = { id: uuidv7(nowMs()), body: { kind: 'text', text: `REST load, step ${step.name}` } }
  const ack = await post(`${base}/api/v1/messages`, message, token)
  if (token === '' || !isRecord(ack) || typeof ack['conversation'] !== 'string') {
    throw new KfError(
      'rest_setup',
      `rest step ${step.name}: ${base} did not give a visitor and a conversation`,
      {
        hint: 'is it a kf of the same version?',
      },
    )
  }
  return { token, conversation: ack['conversation'] }
}

async function post(url: string, body: unknown, token: string): Promise<unknown> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(token === '' ? {} : { authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(answerWithinMs),
    })
    if (response.ok) return await response.json()
    throw new Error(`status ${response.status}`)
  } catch (error) {
    throw new KfError('rest_setup', `POST ${url}: ${messageOf(error)}`, {
      hint: 'rest steps need a kf as their target',
      cause: error,
    })
  }
}

// A target's address is its socket's; REST lies beside it, below the same public URL.
function baseOf(target: RunningTarget): string {
  const [address] = target.addresses
  if (address === undefined) throw new KfError('rest_setup', 'the target has no address')
  const host = address.host.includes(':') ? `[${address.host}]` : address.host
  return `http://${host}:${address.port}${address.path.replace(/\/(?:ws)?$/, '')}`
}
