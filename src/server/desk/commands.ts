import type { Answer, DeskCommand, Failed } from '../bus/wire.ts'
import type { Fence, Rejected, Store } from '../storage/store.ts'
import type { Agent, Book, Open } from './book.ts'
import type { Carrier, Step, Submit, Verdict } from './carrier.ts'

/**
 * An agent's accept, transfer, release and close. Idempotent by (sender, id): whatever the desk thinks of a command, the
 * store's dedupe has the first word, so that a retry gets its first answer even when the conversation has moved on.
 */
export type Commands = { readonly carryOut: (command: DeskCommand) => Promise<Answer> }

export type CommandsOptions = {
  readonly book: Book
  readonly carrier: Carrier
  readonly store: Pick<Store, 'conversation'>
  readonly submit: Submit
  /** Off duty: its conversations are, or soon will be, given back. */
  readonly unavailable: (agent: Agent) => boolean
  /** An agent gave a conversation back. */
  readonly onReleased: (open: Open, by: Agent) => void
}

export function createCommands(options: CommandsOptions): Commands {
  const { book, carrier, store, submit, onReleased } = options

  const carryOut = async (command: DeskCommand): Promise<Answer> => {
    const by = command.by.role === 'agent' ? book.agent(command.by.id) : undefined
    if (by === undefined)
      return rejected('forbidden', `${command.command}: only an enabled agent of the site may do that`)
    const fence = fenceOf(command, by)
    if (fence === undefined) return rejected('bad_frame', 'transfer: "to" is missing; it names an agent')
    const open = await atRest(command.conversation)
    const site = open?.floor.site ?? store.conversation(command.conversation)?.site
    if (site !== by.floor.site)
      return rejected(
        'not_found',
        `conversation ${command.conversation}: no such conversation for this agent`,
      )
    if (open === undefined)
      return firstAnswer(
        fence,
        rejected('conversation_closed', `conversation ${command.conversation} is closed`),
      )
    const refusal = refusalOf(command, by, open, options)
    if (refusal !== undefined) return firstAnswer(fence, refusal)
    const target = fence.change.to === 'assigned' ? book.agent(fence.change.agent) : undefined
    return inItsTurn(target === undefined ? { open, fence } : { open, fence, agent: target })
  }

  // NOTE: no await between this and `batch.add`, or two commands could both find the conversation at rest.
  const atRest = async (id: string): Promise<Open | undefined> => {
    let open = book.conversation(id)
    while (open?.underWay !== undefined) {
      await open.underWay
      open = book.conversation(id)
    }
    return open
  }

  const inItsTurn = (step: Step): Promise<Answer> =>
    new Promise((resolve) => {
      const batch = carrier.batch()
      batch.add(step)
      const settled = async (): Promise<void> => {
        const verdicts = await batch.run(() => {
          resolve(unknown)
        })
        if (verdicts?.[0]?.outcome.status === 'rejected') step.open.passedOver = undefined
        resolve(await answerOf(step.fence, verdicts?.[0]))
      }
      // A release must be known to the book before the queue is looked at, which the batch's end sets off.
      if (step.fence.change.to === 'released') {
        const by = book.agent(step.fence.by.id)
        if (by !== undefined && step.open.owner === by) onReleased(step.open, by)
      }
      void settled()
    })

  const answerOf = (fence: Fence, verdict: Verdict | undefined): Answer | Promise<Answer> => {
    if (verdict === undefined) return unknown
    const { outcome, from } = verdict
    return outcome.status === 'rejected' && from === 'reserve' ? firstAnswer(fence, outcome) : outcome
  }

  /** What this id was answered before, else `refusal`. Under an epoch that never was, the fence can only be looked up. */
  const firstAnswer = async (fence: Fence, refusal: Rejected): Promise<Answer> => {
    try {
      const [outcome] = await submit([{ ...fence, epoch: -1 }])
      if (outcome === undefined) return unknown
      return outcome.status === 'rejected' && outcome.code !== 'id_conflict' ? refusal : outcome
    } catch {
      return unknown
    }
  }

  return { carryOut }
}

const unknown: Failed = {
  status: 'failed',
  code: 'unavailable',
  message: 'the store did not answer; retry the same id to learn what became of it',
}

function fenceOf(command: DeskCommand, by: Agent): Fence | undefined {
  const change = changeOf(command, by)
  if (change === undefined) return undefined
  const { id, conversation, epoch } = command
  return {
    kind: 'fence',
    id,
    conversation,
    epoch,
    by: { role: 'agent', id: by.id, name: by.record.name },
    change,
  }
}

function changeOf(command: DeskCommand, by: Agent): Fence['change'] | undefined {
  switch (command.command) {
    case 'accept':
      return { to: 'assigned', agent: by.id }
    case 'transfer':
      return command.to === undefined ? undefined : { to: 'assigned', agent: command.to }
    case 'release':
      return { to: 'released', reason: 'agent' }
    case 'close':
      return { to: 'closed', reason: 'agent' }
  }
}

/** Why the desk would not carry the command out; what is not said here is the store's to judge. */
function refusalOf(
  command: DeskCommand,
  by: Agent,
  open: Open,
  { book, unavailable }: CommandsOptions,
): Rejected | undefined {
  if (by.record.disabled) return rejected('forbidden', 'your account is disabled')
  if (command.command === 'release' || command.command === 'close') return undefined
  if (command.epoch !== open.epoch) {
    return rejected('stale_epoch', `conversation ${open.id} is at epoch ${open.epoch}, not ${command.epoch}`)
  }
  if (command.command === 'accept') {
    if (open.owner !== undefined)
      return rejected('forbidden', `conversation ${open.id} has an owner; only a queued one can be accepted`)
    return unavailable(by)
      ? rejected('agent_unavailable', 'your status is offline; set it to online or away first')
      : undefined
  }
  if (open.owner !== by)
    return rejected('forbidden', `conversation ${open.id} is not yours; only its owner may transfer it`)
  const to = command.to === undefined ? undefined : book.agent(command.to)
  if (
    to === undefined ||
    to.floor !== by.floor ||
    to.record.disabled ||
    to.presence === 'offline' ||
    unavailable(to)
  ) {
    return rejected('agent_unavailable', `agent ${command.to ?? ''} is disabled, offline or not of this site`)
  }
  return to === by ? rejected('forbidden', `conversation ${open.id} is yours already`) : undefined
}

function rejected(code: Rejected['code'], message: string): Rejected {
  return { status: 'rejected', code, message }
}
