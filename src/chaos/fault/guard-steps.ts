import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { basename, isAbsolute } from 'node:path'
import { promisify } from 'node:util'
import { KfError } from '../../core/errors.ts'
import type { UndoStep } from './fault.ts'
import { isSameProcess, membersOf, processFacts, signal } from './proc.ts'

const run = promisify(execFile)
const callWithinMs = 2_000
const goneWithinMs = 4_000
const pollMs = 20

/** Folders and mounts of ours have this in their name; no others are taken away, whatever a log says. */
export const ownPrefix = 'kf-chaos-'

/** Carries out one step and looks whether it worked; idempotent. Rejects with why the world is not yet as before. */
export function carryOut(step: UndoStep): Promise<void> {
  switch (step.do) {
    case 'remove-toxic':
      return removeToxic(step)
    case 'enable-proxy':
      return enableProxy(step)
    case 'continue':
      return goOn(step.pid, step.startedAt)
    case 'kill':
      return kill(step.pid, step.startedAt)
    case 'unmount':
      return unmount(step.path)
    case 'remove':
      return remove(step.path)
  }
}

/** Later turns wait for the earlier: a mount is free once its users are dead, a folder once nothing is mounted in it. */
export const turnOf: Readonly<Record<UndoStep['do'], number>> = {
  'remove-toxic': 0,
  'enable-proxy': 0,
  continue: 0,
  kill: 0,
  unmount: 1,
  remove: 2,
}

async function removeToxic({ api, proxy, toxic }: UndoStep & { readonly do: 'remove-toxic' }): Promise<void> {
  const toxics = `${api}/proxies/${encodeURIComponent(proxy)}/toxics/${encodeURIComponent(toxic)}`
  await ask(toxics, 'DELETE')
  const left = await ask(toxics, 'GET')
  if (left?.ok === true) throw trouble(`the toxic ${toxic} is still on ${proxy}`)
}

async function enableProxy({ api, proxy }: UndoStep & { readonly do: 'enable-proxy' }): Promise<void> {
  const url = `${api}/proxies/${encodeURIComponent(proxy)}`
  const answer = await ask(url, 'POST', { enabled: true })
  // A Toxiproxy without the proxy has nothing to enable.
  if (answer === undefined || answer.status === 404) return
  const state: unknown = await (await ask(url, 'GET'))?.json()
  const enabled = typeof state === 'object' && state !== null && 'enabled' in state && state.enabled === true
  if (!enabled) throw trouble(`the proxy ${proxy} is still disabled`)
}

/** Undefined: nobody listens there any more, so there is nothing to undo. */
async function ask(url: string, method: string, body?: unknown): Promise<Response | undefined> {
  try {
    return await fetch(url, {
      method,
      signal: AbortSignal.timeout(callWithinMs),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
  } catch (error) {
    if (refused(error)) return undefined
    throw trouble(`Toxiproxy at ${url} did not answer`, error)
  }
}

function refused(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined
  return typeof cause === 'object' && cause !== null && 'code' in cause && cause.code === 'ECONNREFUSED'
}

async function goOn(pid: number, startedAt: string): Promise<void> {
  if (!isSameProcess(pid, startedAt)) return
  signal(pid, 'SIGCONT')
  await until(`process ${pid} is still stopped`, () => {
    const facts = processFacts(pid)
    return facts === undefined || facts.startedAt !== startedAt || facts.state !== 'T'
  })
}

async function kill(pid: number, startedAt: string): Promise<void> {
  const facts = processFacts(pid)
  if (facts?.startedAt !== startedAt) return
  // What was started as a group's leader takes its children along.
  const leads = facts.group === pid
  signal(leads ? -pid : pid, 'SIGKILL')
  await until(
    `process ${pid} is still there`,
    () => !isSameProcess(pid, startedAt) && (!leads || membersOf(pid).length === 0),
  )
}

async function unmount(path: string): Promise<void> {
  if (!isMounted(path)) return
  mustBeOurs(path)
  // Lazily: the killed may take a moment to let go of their files.
  await run('umount', ['-l', path])
  if (isMounted(path)) throw trouble(`${path} is still mounted`)
}

async function remove(path: string): Promise<void> {
  mustBeOurs(path)
  if (isMounted(path)) throw trouble(`${path} is still mounted, and is not removed`)
  await rm(path, { recursive: true, force: true, maxRetries: 5 })
}

function mustBeOurs(path: string): void {
  if (isAbsolute(path) && !path.includes('..') && path.split('/').some((part) => part.startsWith(ownPrefix)))
    return
  throw new KfError(
    'guard_not_ours',
    `${basename(path)} is not in a folder of a chaos run, and is left alone`,
    {
      hint: `such folders are called ${ownPrefix}…; look at what wrote the undo log`,
      params: { path },
    },
  )
}

function isMounted(path: string): boolean {
  return readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .some((line) => line.split(' ')[1]?.replaceAll('\\040', ' ') === path)
}

async function until(otherwise: string, isSo: () => boolean): Promise<void> {
  const end = performance.now() + goneWithinMs
  while (!isSo()) {
    if (performance.now() > end) throw trouble(otherwise)
    await new Promise((resolve) => setTimeout(resolve, pollMs))
  }
}

function trouble(message: string, cause?: unknown): KfError {
  return new KfError('not_healed', message, { ...(cause === undefined ? {} : { cause }) })
}
