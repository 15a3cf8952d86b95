import type { Member } from './crowd.ts'
import { newSender, type Sender } from './sent.ts'
import { StreamTrack } from './stream-track.ts'

export interface Visitor extends Member<Visitor>, Sender {
  readonly number: number
  /** Its first message, which opens the conversation, is on its way. */
  opening: boolean
  /** Of its first welcome: the only key to its conversation; empty before, and where the target gives none. */
  token: string
  incarnation: string
  conversation: string
  readonly track: StreamTrack
}

export function newVisitor(number: number): Visitor {
  return {
    number,
    socket: undefined,
    stage: 'connecting',
    losses: 0,
    known: false,
    returnInMs: undefined,
    opening: false,
    token: '',
    incarnation: '',
    conversation: '',
    track: new StreamTrack(),
    ...newSender(),
  }
}
