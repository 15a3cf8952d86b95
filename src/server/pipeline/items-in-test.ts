import { uuidv7 } from '../../core/ids.ts'
import type { ErrorCode } from '../../protocol/codes.ts'
import type { Send } from '../../protocol/frames.ts'
import type { Caller } from '../access/authorise.ts'
import type { Answer, Request } from '../bus/wire.ts'
import type { Stored } from '../storage/store.ts'
import type { ControlFrame, Durable, Item, Origin } from './stage.ts'

/** For tests: whoever a frame came from, with everything it was told. */
export type OriginInTest = Origin & {
  readonly controls: ControlFrame[]
  readonly invalids: { readonly code: ErrorCode; readonly message: string; readonly id: string | undefined }[]
  readonly answers: {
    readonly frame: Durable
    readonly request: Request | undefined
    readonly answer: Answer
  }[]
}

export const visitorCaller: Caller = {
  role: 'visitor',
  id: 'v1',
  site: 's1',
  record: { id: 'v1', site: 's1', tokenHash: 'hash' },
}
export const agentCaller: Caller = {
  role: 'agent',
  id: 'a1',
  site: 's1',
  name: 'Alice',
  agentRole: 'agent',
  tokenHash: 'hash',
}

export function originOf(caller: Caller, visitorStored = true): OriginInTest {
  const origin: OriginInTest = {
    caller,
    refused: undefined,
    visitorStored,
    controls: [],
    invalids: [],
    answers: [],
    control: (frame) => origin.controls.push(frame),
    invalid: (code, message, id) => origin.invalids.push({ code, message, id }),
    answered: (frame, request, answer) => origin.answers.push({ frame, request, answer }),
  }
  return origin
}

let made = 0
export function idInTest(): string {
  return uuidv7(1_700_000_000_000 + ++made)
}

export const conversation = 'aaaaaaaaaaaaaaa2'

export function send(more: Partial<Send> = {}): Send {
  return { type: 'send', id: idInTest(), body: { kind: 'text', text: '你好' }, ...more }
}

export function item(origin: Origin, frame: Durable): Item {
  return { origin, frame, n: 0, verdict: undefined, request: undefined, asked: undefined }
}

export function storedAt(position: number, more: Partial<Stored> = {}): Stored {
  return {
    status: 'stored',
    position,
    conversation,
    stream: 'public',
    seq: position,
    at: 5,
    epoch: 1,
    visitor: 'v1',
    owner: 'a1',
    ...more,
  }
}
