import type { Server } from 'node:http'
import { systemClock } from '../core/clock.ts'
import { KfError, messageOf } from '../core/errors.ts'
import { cryptoRandomBytes } from '../core/ids.ts'
import { addressKey, trustedProxies } from './access/address.ts'
import { createApi } from './api/api.ts'
import type { ApiPorts } from './api/ports.ts'
import type { Answer, Request } from './bus/wire.ts'
import { createWriterLink, type WriterLink } from './bus/writer-link.ts'
import type { Break } from './config/break.ts'
import type { SnapshotContainer } from './config/container.ts'
import type { Address } from './config/values.ts'
import { createLimits, type Limits } from './limits/limits.ts'
import { createServer } from './node-http.ts'
import { createPipeline } from './pipeline/pipeline.ts'
import type { StartMessage } from './roles.ts'
import { openSqliteReader } from './storage/sqlite/open.ts'
import type { ProcessReport } from './telemetry/report.ts'
import { createControls } from './transport/controls.ts'
import { openListener, sendDetached } from './transport/detached.ts'
import { Heartbeat } from './transport/heartbeat.ts'
import { Hub } from './transport/hub.ts'
import { Flusher } from './transport/outbox.ts'
import type { Session } from './transport/session.ts'
import { serveWebSockets } from './transport/websocket.ts'
import { type WorkerSettings, workerSettings } from './worker-settings.ts'

/** A worker's parts, put together: link to the writer, pipeline, hub, sockets, REST. */
export type WorkerApp = {
  readonly port: number
  readonly stats: () => Readonly<Record<string, number>>
  readonly report: () => ProcessReport
  readonly exchange: Limits['exchange']
  readonly owe: Limits['owe']
  /** Spreads drain frames, lets what was sent be answered, closes 1001. Takes at most `withinMs`. */
  readonly drain: (withinMs: number) => Promise<void>
}

const requestWithinMs = 10_000
const linkPaceMs = 2
const recheckRoundMs = 30_000
const drainAtLeastMs = 250
const farewell = 'kf stops; come back as the drain frame said'

/**
 * Listens when the writer answers; rejects with KfError when it cannot. `webFolder` holds the built pages; `broken` is for test
 * builds only.
 */
export async function startWorker(
  start: StartMessage,
  webFolder: string,
  log: ApiPorts['log'],
  snapshots: SnapshotContainer,
  broken?: Break,
): Promise<WorkerApp> {
  const { config, data, listen, run, worker } = start
  const settings = workerSettings(snapshots, webFolder)
  const clock = systemClock
  let incarnation: string | undefined
  const greeted = Promise.withResolvers<undefined>()
  const flusher = new Flusher(clock.monotonic)
  const link: WriterLink = createWriterLink(
    {
      path: 'run/writer.sock',
      worker: worker ?? 0,
      run,
      clock,
      get maxPending() {
        return settings.pipeline.persist.queue
      },
      requestWithinMs,
      paceMs: linkPaceMs,
      ...(broken === undefined ? {} : { broken }),
      onReconnect: (reason) => {
        log.warn({ reason }, 'the link to the writer broke; connecting again')
      },
    },
    {
      up: (current) => {
        incarnation = current
        greeted.resolve(undefined)
      },
      message: (message) => {
        hub.publish(message)
      },
      relay: (to, frame) => {
        hub.relay(to, frame)
      },
      revoke: (agent) => {
        hub.revoke(agent)
      },
      reset: () => {
        hub.closeAll(4503, 'the store has another history or too much was missed: come back and resume')
      },
      settled: () => {
        pipeline.settled()
        flusher.flush()
      },
    },
  )
  await greeted.promise

  const reader = openSqliteReader({ folder: data })
  const hub = new Hub({
    present: link.present,
    absent: link.absent,
    directory: reader.directory,
    now: clock.now,
  })
  const limits = createLimits({
    config: snapshots.current().cluster.ratelimit,
    clock,
    workers: config.workers,
    addresses: { keyOf: addressKey, listOf: trustedProxies },
    site: reader.directory.site,
  })
  snapshots.subscribe(({ cluster }) => cluster.ratelimit, limits.update)
  const pipeline = createPipeline({
    ask: link.ask,
    random: Math.random,
    publish: (message, except) => {
      hub.publish(message, except)
    },
    filters: [],
    limits: limits.messages,
    clock,
    onFailure: (error) => {
      log.error({ error: messageOf(error) }, 'a filter failed; its messages are to be sent again')
    },
    config: settings.pipeline,
    pending: {
      depth: link.pending,
      get limit() {
        return settings.pipeline.persist.queue
      },
    },
  })
  const greeting = { query: link.query, incarnation: () => incarnation }
  const control = createControls({ ...greeting, reader, ask: link.ask, relay: link.relay })
  const session = { reader, control, ...greeting, hub }
  const wheel = new Heartbeat(settings.heartbeat)
  snapshots.subscribe(
    ({ cluster }) => cluster.server.heartbeat.every,
    () => {
      wheel.change()
    },
  )
  let draining = false

  const api = await createApi(apiPorts({ reader, link, log, settings, control, pipeline, session, limits }))
  const server = createServer(api.handler)
  const sockets = serveWebSockets(server, {
    ...session,
    flusher,
    heartbeat: wheel,
    receive: (from: Session, text) => {
      pipeline.receive(from, text)
    },
    credentials: {
      directory: reader.directory,
      now: clock.now,
      get publicUrl() {
        return settings.served.publicUrl
      },
      get trustedProxies() {
        return settings.served.trustedProxies
      },
    },
    limits,
    random: cryptoRandomBytes,
    after: clock.after,
    get paths() {
      return settings.sockets.paths
    },
    get outboxBytes() {
      return settings.sockets.outboxBytes
    },
    get frameBytes() {
      return settings.sockets.frameBytes
    },
    get helloWithinMs() {
      return settings.sockets.helloWithinMs
    },
    draining: () => draining,
  })
  const port = await listenOn(server, listen)
  // NOTE: an accept that fails (no descriptor left) must not end the process and all its other sockets.
  server.on('error', (error) => {
    log.warn({ error: error.message }, 'a connection could not be accepted')
  })
  wheel.start()
  setInterval(() => {
    hub.recheck(Math.ceil((hub.agents * 1_000) / recheckRoundMs))
  }, 1_000).unref()

  return {
    port,
    stats: () => ({
      sessions: hub.size,
      agent_sessions: hub.agents,
      persist_pending: link.pending(),
      shedding: pipeline.shedding() ? 1 : 0,
    }),
    report: () => ({ stages: pipeline.report(), limits: limits.report() }),
    exchange: limits.exchange,
    owe: limits.owe,
    drain: async (withinMs) => {
      draining = true
      const deadline = clock.monotonic() + withinMs
      server.close()
      hub.drain(settings.drainSpreadMs(), Math.random)
      pipeline.run()
      flusher.flush()
      // What was sent before the drain frame came may still be on its way.
      await pause(drainAtLeastMs)
      while (pipeline.held() + link.pending() > 0 && clock.monotonic() < deadline - 1_000) await pause(20)
      hub.closeAll(1001, farewell)
      sockets.closeAll(1001, farewell)
      flusher.flush()
      wheel.stop()
      // Lets the clients take the close frames and answer them.
      while (sockets.open() > 0 && clock.monotonic() < deadline - 500) await pause(20)
      await api.app.close()
      server.closeAllConnections()
      reader.close()
      link.close()
    },
  }
}

type ApiParts = Pick<ApiPorts, 'log' | 'reader' | 'limits'> & {
  readonly link: WriterLink
  readonly settings: WorkerSettings
  readonly control: ReturnType<typeof createControls>
  readonly pipeline: ReturnType<typeof createPipeline>
  readonly session: Parameters<typeof openListener>[4]
}

function apiPorts(parts: ApiParts): ApiPorts {
  const { control, limits, link, log, pipeline, reader, session, settings } = parts
  return {
    reader,
    query: (query) =>
      new Promise((resolve, reject) => {
        link.query(query, (result) => {
          if (result.failed === undefined) resolve(result)
          else reject(new KfError('unavailable', result.failed))
        })
      }),
    submit: (request: Request) =>
      new Promise<Answer>((resolve, reject) => {
        const asked = link.ask(
          request,
          {
            answered: (_token, _request, answer) => {
              resolve(answer)
            },
          },
          undefined,
        )
        if (!asked) reject(new KfError('busy', 'too much waits to be stored', { retryAfterMs: 250 }))
      }),
    messages: {
      send: (caller, frame, source) =>
        sendDetached(caller, frame, source, (origin, sent) => {
          pipeline.submit(origin, sent)
        }),
      read: (caller, frame) => {
        link.ask(
          { kind: 'mark_read', conversation: frame.conversation, role: caller.role, seq: frame.seq },
          { answered: () => undefined },
          undefined,
        )
        const json = JSON.stringify({
          type: 'read',
          conversation: frame.conversation,
          role: caller.role,
          seq: frame.seq,
        })
        link.relay(frame.conversation, { id: caller.id, role: caller.role, site: caller.site }, json, true)
      },
    },
    subscribe: (caller, sink, resume) => {
      const site = reader.directory.site(caller.site)
      if (site === undefined) throw new KfError('unknown_site', 'the site is gone')
      return openListener(caller, site, sink, resume, { ...session, control })
    },
    limits,
    clock: systemClock,
    random: cryptoRandomBytes,
    config: settings.api,
    log,
  }
}

async function listenOn(server: Server, listen: Address | undefined): Promise<number> {
  const { host, port } = listen ?? { host: '127.0.0.1', port: 0 }
  const listening = Promise.withResolvers<undefined>()
  server.once('error', listening.reject)
  // Workers share the port: the kernel spreads connections over them. The supervisor has made sure that nobody else holds it.
  server.listen({ host, port, reusePort: true, backlog: 4_096 }, () => {
    listening.resolve(undefined)
  })
  await listening.promise
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : port
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
