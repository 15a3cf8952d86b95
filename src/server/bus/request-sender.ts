import type { Link } from './link.ts'
import { AppendsWriter } from './packed-appends.ts'
import type { FromWorker, Request } from './wire.ts'

export type NumberedRequest = { readonly n: number; readonly request: Request }

/** Puts requests on the link in their order: common messages as bytes, the others as JSON. */
export function requestSender(): (link: Link<FromWorker>, requests: readonly NumberedRequest[]) => void {
  const appends = new AppendsWriter()
  return (link, requests) => {
    let others: NumberedRequest[] = []
    const sendOthers = (): void => {
      if (others.length > 0) link.send({ t: 'requests', requests: others })
      others = []
    }
    for (const numbered of requests) {
      if (appends.add(numbered.n, numbered.request)) {
        sendOthers()
        continue
      }
      if (appends.count > 0) link.sendPacked(appends.take())
      others.push(numbered)
    }
    if (appends.count > 0) link.sendPacked(appends.take())
    sendOthers()
  }
}
