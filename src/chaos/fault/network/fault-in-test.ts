import { connect, type Socket } from 'node:net'
import { systemClock } from '../../../core/clock.ts'
import type { LinkControl } from '../../topology/links-control.ts'
import { endAfterwards, realToxiproxy, twoLinks } from '../../topology/links-in-test.ts'
import type { Topology, TopologyLink } from '../../topology/topology.ts'
import type { FaultContext, FaultKind, Injected, UndoStep } from '../fault.ts'
import { faultKinds } from '../kinds.ts'

/** Two links through a real Toxiproxy, and the context of a fault on them: its undo log is a list. */
export async function scene() {
  const toxiproxy = await realToxiproxy()
  const links = await twoLinks(toxiproxy.server)
  return { ...toxiproxy, ...links, ...contextOf(links.links, links.control, toxiproxy.server.api) }
}

export function contextOf(links: readonly TopologyLink[], control: LinkControl | undefined, api: string) {
  /** What happened, in order: undo steps written and crossed out, and changes on links. */
  const events: string[] = []
  const log: UndoStep[] = []
  const topology: Topology = {
    nodes: [],
    links,
    addressFor: () => '',
    directAddress: () => '',
    toxiproxy: api,
    ...(control === undefined ? {} : { control: noted(control, events) }),
    site: '',
    agentTokens: [],
    sample: () => Promise.resolve(undefined),
    stop: () => Promise.resolve(),
  }
  const context: FaultContext = {
    topology,
    clock: systemClock,
    random: () => 0.5,
    undo: (step) => {
      log.push(step)
      events.push(`undo ${nameOf(step)}`)
      return Promise.resolve({
        done: () => {
          log.splice(log.indexOf(step), 1)
          events.push(`done ${nameOf(step)}`)
          return Promise.resolve()
        },
      })
    },
    clients: {
      storm: () => 0,
      stopReading: () => ({ resume: () => {}, cut: () => 0 }),
      connected: () => 0,
      acks: () => 0,
    },
  }
  const fault = (name: string): FaultKind => {
    const kind = faultKinds.get(name)
    if (kind === undefined) throw new Error(`no fault ${name}`)
    return kind
  }
  const inject = (name: string, params: object = {}, on = 'visitors->node'): Promise<Injected> =>
    fault(name).inject(context, on, params)
  return { context, log, events, fault, inject }
}

/** Asks until there is proof, as a run does. */
export async function proofOf({ verify }: Injected): Promise<string> {
  for (let tries = 0; tries < 20; tries++) {
    const proof = await verify()
    if (proof !== undefined) return proof
  }
  throw new Error('it was not seen to fire')
}

/** An upgraded connection through a link, over which every byte comes back. */
export async function openEcho(address: string) {
  const [host = '', port = ''] = address.split(':')
  const socket: Socket = connect(Number(port), host)
  let text = ''
  const ended = new Promise<'closed' | 'reset'>((resolve) => {
    socket.once('error', () => {
      resolve('reset')
    })
    socket.once('close', () => {
      resolve('closed')
    })
  })
  const came = async (wanted: string): Promise<void> => {
    while (!text.includes(wanted)) {
      const how = await Promise.race([
        ended,
        new Promise<'data'>((resolve) => socket.once('data', () => resolve('data'))),
      ])
      if (how !== 'data') throw new Error(`the connection was ${how} before ${wanted}`)
    }
  }
  socket.on('data', (data: Buffer) => {
    text += data.toString()
  })
  endAfterwards(() => socket.destroy())
  socket.write('GET / HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\n')
  await came('101 Switching')
  return { socket, send: (what: string) => socket.write(what), came, ended, text: () => text }
}

function nameOf(step: UndoStep): string {
  switch (step.do) {
    case 'remove-toxic':
      return step.toxic
    case 'enable-proxy':
      return step.proxy
    default:
      return step.do
  }
}

function noted(control: LinkControl, events: string[]): LinkControl {
  return {
    read: control.read,
    addToxic: async (proxy, toxic) => {
      events.push(`add ${toxic.name}`)
      await control.addToxic(proxy, toxic)
    },
    removeToxic: async (proxy, toxic) => {
      await control.removeToxic(proxy, toxic)
      events.push(`gone ${toxic}`)
    },
    disable: async (proxy) => {
      events.push(`disable ${proxy}`)
      await control.disable(proxy)
    },
    enable: async (proxy) => {
      await control.enable(proxy)
      events.push(`enabled ${proxy}`)
    },
  }
}
