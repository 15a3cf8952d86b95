import { KfError } from '../../core/errors.ts'
import type { Target } from './target.ts'

/** True for an address or name of this host alone: 127.0.0.0/8, ::1, localhost. */
export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, '').toLowerCase()
  return bare === '::1' || bare === 'localhost' || /^127(\.\d{1,3}){3}$/.test(bare)
}

/** The same target, refused when what it started lies beyond loopback: load on another host is somebody's outage. */
export function onLoopback(target: Target): Target {
  return {
    ...target,
    start: async (demand) => {
      const running = await target.start(demand)
      const beyond = running.addresses.find(({ host }) => !isLoopback(host))
      if (beyond === undefined) return running
      await running.stop()
      throw beyondLoopback(target.name, `${beyond.host}:${beyond.port}`)
    },
  }
}

export function beyondLoopback(target: string, address: string): KfError {
  return new KfError('usage', `--target ${target}: ${address} is not on this host`, {
    hint: 'load can take a server down; add --yes-really if it is yours to load',
  })
}
