import { createServer, type Server } from 'node:http'
import { afterEach, expect, test } from 'vitest'
import { LatencyHistogram } from '../report/histogram.ts'
import { carryOut } from './rest-cannon.ts'
import type { RestRequests } from './rest-ipc.ts'

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections()
})

function requests(url: string, rate = 12): RestRequests {
  return { name: 'a', method: 'GET', url, headers: { 'x-a': 'b' }, body: undefined, connections: 3, rate }
}

async function listening(answer: (n: number) => number | undefined): Promise<string> {
  let asked = 0
  const server = createServer((_request, response) => {
    asked += 1
    const status = answer(asked)
    if (status !== undefined) response.writeHead(status).end('{}')
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return `http://127.0.0.1:${address.port}/`
}

test('as many requests are made as the rate asks for, and each answer is timed', async () => {
  const counts = await carryOut(requests(await listening(() => 200)), 2_000).counts
  expect(counts).toMatchObject({ intended: 24, succeeded: 24, failed: 0, reasons: [], stopped: false })
  expect(new LatencyHistogram(counts.latency.counts, counts.latency.sumMs).total).toBe(24)
})

test('an error is a request without an answer of 2xx; only those of 2xx have times', async () => {
  const counts = await carryOut(requests(await listening((n) => (n % 4 === 0 ? 503 : 204))), 2_000).counts
  expect(counts).toMatchObject({ intended: 24, succeeded: 18, failed: 6 })
  expect(counts.reasons).toEqual([{ reason: 'status 503', count: 6 }])
  expect(new LatencyHistogram(counts.latency.counts, counts.latency.sumMs).total).toBe(18)
})

test('where nobody listens all requests fail, and it ends', async () => {
  const counts = await carryOut(requests('http://127.0.0.1:1/', 4), 1_000).counts
  expect(counts).toMatchObject({ intended: 4, succeeded: 0, failed: 4 })
  expect(counts.reasons.map(({ reason }) => reason).join()).toMatch(/ECONNREFUSED/)
})

test('told to stop, it counts what was asked until then', async () => {
  const first = Promise.withResolvers<void>()
  const url = await listening(() => {
    first.resolve()
    return 200
  })
  const running = carryOut(requests(url), 60_000)
  await first.promise
  running.stop()
  const counts = await running.counts
  expect(counts.stopped).toBe(true)
  expect(counts.intended).toBe(counts.succeeded)
  expect(counts.intended).toBeLessThan(60 * 12)
})
