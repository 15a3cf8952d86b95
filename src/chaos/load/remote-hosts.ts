import { connectToHost, type HostAddress, textOf } from './remote-connect.ts'
import { hostError, hostTroubles } from './remote-errors.ts'
import { RemoteHost } from './remote-host.ts'
import { ownSameness } from './remote-sameness.ts'

/** Hosts that a bench borrows generators from. */
export type HostsPlan = {
  readonly addresses: readonly HostAddress[]
  readonly key: Buffer
  /** Of this kf. */
  readonly version: string
}

const spareDescriptors = 500

/** Opens all hosts; when one refuses, none stays open. `connections`: of the busiest generator. */
export async function openHosts(
  plan: HostsPlan | undefined,
  connections: number,
  hrtime: () => bigint,
  signal: AbortSignal,
): Promise<readonly RemoteHost[]> {
  if (plan === undefined) return []
  const sameness = ownSameness('this machine')
  const opened = await Promise.allSettled(
    plan.addresses.map(async (address) => {
      const socket = await connectToHost(address, plan.key, signal)
      const host = await RemoteHost.open(socket, {
        name: textOf(address),
        version: plan.version,
        sameness,
        hrtime,
      })
      const { descriptors } = host.facts
      if (connections + spareDescriptors <= descriptors) return host
      await host.close()
      throw hostError(host.name, hostTroubles.descriptors(descriptors, connections + spareDescriptors))
    }),
  )
  const failed = opened.find((result) => result.status === 'rejected')
  const hosts = opened.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
  if (failed === undefined) return hosts
  await Promise.all(hosts.map((host) => host.close()))
  throw failed.reason
}
