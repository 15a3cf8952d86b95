import { createServer, type Server } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { listenError, probePort } from './ports.ts'

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

async function occupy(reusePort: boolean): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>()
  const server = createServer()
  servers.push(server)
  server.listen({ host: '127.0.0.1', port: 0, reusePort }, () => {
    const address = server.address()
    resolve(typeof address === 'object' && address !== null ? address.port : 0)
  })
  return promise
}

describe('a port', () => {
  it.each([false, true])(
    'that something listens on is refused (its listener shares the port: %s)',
    async (shared) => {
      const port = await occupy(shared)
      await expect(
        probePort({ host: '127.0.0.1', port }, { flag: '--listen', waitMs: 0 }),
      ).rejects.toMatchObject({
        code: 'port_in_use',
        message: `127.0.0.1:${port} is taken: another program, maybe another kf, listens there`,
        hint: 'stop it, or choose another address with --listen',
      })
    },
  )

  it('that is free passes, and stays free', async () => {
    const port = await occupy(false)
    for (const server of servers.splice(0)) server.close()
    await probePort({ host: '127.0.0.1', port }, { flag: '--listen', waitMs: 1_000 })
    await probePort({ host: '127.0.0.1', port }, { flag: '--listen', waitMs: 1_000 })
  })

  it('0 is any port, and is not asked', async () => {
    await probePort({ host: '192.0.2.1', port: 0 }, { flag: '--listen', waitMs: 0 })
  })

  it('of an address that is not of this machine says so', async () => {
    await expect(
      probePort({ host: '192.0.2.1', port: 7000 }, { flag: '--listen', waitMs: 0 }),
    ).rejects.toMatchObject({
      code: 'address_unknown',
    })
  })

  it('below 1024 without the right to it says what to do', () => {
    const error = listenError({ code: 'EACCES' }, { host: '0.0.0.0', port: 80 }, '--listen')
    expect(error).toMatchObject({ code: 'port_forbidden', message: 'this user may not listen on 0.0.0.0:80' })
  })
})
