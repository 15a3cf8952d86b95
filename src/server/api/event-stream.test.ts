import { EventEmitter } from 'node:events'
import type { ServerResponse } from 'node:http'
import { expect, test } from 'vitest'
import { manualClock } from '../../core/clock.ts'
import { eventStreamLimits, openEventStream } from './event-stream.ts'

/** A response whose reader takes nothing until `drain` is called. */
class StuckResponse extends EventEmitter {
  writableLength = 0
  destroyed = false
  written = ''

  writeHead(): this {
    return this
  }

  write(text: string): boolean {
    this.written += text
    this.writableLength += text.length
    return false
  }

  end(): void {
    this.emit('close')
  }

  destroy(): void {
    this.destroyed = true
    this.emit('close')
  }

  drain(): void {
    this.writableLength = 0
  }
}

function open() {
  const clock = manualClock()
  const response = new StuckResponse()
  const stream = openEventStream(response as unknown as ServerResponse, clock)
  let ends = 0
  stream.onEnd(() => {
    ends += 1
  })
  return { clock, response, stream, ends: () => ends }
}

test('a reader that takes nothing from one heartbeat to the next is cut', () => {
  const { clock, response, ends } = open()
  clock.advance(eventStreamLimits.heartbeatMs)
  expect(response.destroyed).toBe(false)
  clock.advance(eventStreamLimits.heartbeatMs)
  expect(response.destroyed).toBe(true)
  expect(ends()).toBe(1)
})

test('a reader that keeps up lives, and its heartbeat stops with it', () => {
  const { clock, response, stream, ends } = open()
  for (let i = 0; i < 10; i++) {
    response.drain()
    clock.advance(eventStreamLimits.heartbeatMs)
  }
  expect(response.destroyed).toBe(false)
  stream.close(1001, 'restart')
  const { written } = response
  clock.advance(10 * eventStreamLimits.heartbeatMs)
  stream.write('{}')
  expect(response.written).toBe(written)
  expect(ends()).toBe(1)
})

test('more than the bound in memory cuts the reader', () => {
  const { response, stream, ends } = open()
  stream.write('x'.repeat(eventStreamLimits.outboxBytes))
  expect(response.destroyed).toBe(true)
  expect(ends()).toBe(1)
})

test('who asks after the end is told at once', () => {
  const { stream } = open()
  stream.close(1001, 'restart')
  let told = false
  stream.onEnd(() => {
    told = true
  })
  expect(told).toBe(true)
})
