import { expect, test } from 'vitest'
import { lyingSince, unread } from './slow-consumer.ts'

const table = [
  '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode',
  '   0: 0100007F:1F90 0100007F:C350 01 00000000:00000010 00:00000000 00000000     0        0 1 1 0 20 4 30 10 -1',
  '   1: 0100007F:C350 0100007F:1F90 01 00000000:00000100 00:00000000 00000000     0        0 2 1 0 20 4 30 10 -1',
  '   2: 0100007F:C351 0100007F:1F90 01 00000000:00000000 00:00000000 00000000     0        0 3 1 0 20 4 30 10 -1',
  '   3: 0100007F:C352 0100007F:1F90 08 00000000:00000FFF 00:00000000 00000000     0        0 4 1 0 20 4 30 10 -1',
  '   4: 00000000:1F90 00000000:0000 0A 00000000:00000001 00:00000000 00000000     0        0 5 1 0 20 4 30 10 -1',
].join('\n')

test('unread is what connected sockets to one of the ports hold, not what the other end does', () => {
  expect([...unread(table, [8080])]).toEqual([[50_000, 256]])
  expect([...unread(table, [8081])]).toEqual([])
  expect([...unread('', [8080])]).toEqual([])
})

test('only what has lain for a second without growing less counts', () => {
  const lying = lyingSince()
  const late = 7
  const still = 8
  expect(
    lying(
      new Map([
        [late, 100],
        [still, 50],
      ]),
      0,
    ),
  ).toEqual({ sockets: 0, bytes: 0 })
  expect(
    lying(
      new Map([
        [late, 90],
        [still, 60],
      ]),
      500,
    ),
  ).toEqual({ sockets: 0, bytes: 0 })
  expect(
    lying(
      new Map([
        [late, 90],
        [still, 60],
      ]),
      1_000,
    ),
  ).toEqual({ sockets: 1, bytes: 60 })
  expect(lying(new Map([[late, 95]]), 1_400)).toEqual({ sockets: 0, bytes: 0 })
  expect(
    lying(
      new Map([
        [late, 95],
        [still, 1],
      ]),
      1_500,
    ),
  ).toEqual({ sockets: 1, bytes: 95 })
})
