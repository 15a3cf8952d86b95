import type { Tree } from './setting.ts'

/**
 * `[pipeline]` of server.toml: how many, how long, in what batches. Only what waits has a queue and a concurrency of its own:
 * parse and route are plain work on a worker's loop, so their concurrency is `workers`; persist is one transaction at a time,
 * since its store has one writer.
 */
export const pipelineTree = {
  ingress: {
    batch: {
      kind: 'whole',
      min: 1,
      max: 1_024,
      default: 64,
      effect: 'hot',
      says: {
        en: "Frames that start a batch before the loop's turn ends.",
        zh: '在事件循环一轮结束前即可成批的帧数。',
      },
    },
  },
  filter: {
    concurrency: {
      kind: 'whole',
      min: 1,
      max: 256,
      default: 4,
      effect: 'hot',
      says: { en: 'Batches with slow filters (plugins) at a time.', zh: '同时处理的慢过滤（插件）批次数。' },
    },
    queue: {
      kind: 'whole',
      min: 1,
      max: 1_000_000,
      default: 8_192,
      effect: 'hot',
      says: {
        en: 'Messages of a worker that may wait for filters.',
        zh: '一个 worker 中可等待过滤的消息数。',
      },
    },
    within: {
      kind: 'duration',
      min: 10,
      max: 60_000,
      default: '2s',
      effect: 'hot',
      says: { en: 'What filters may take for a batch.', zh: '过滤一个批次的时限。' },
    },
  },
  desk: {
    concurrency: {
      kind: 'whole',
      min: 1,
      max: 10_000,
      default: 64,
      effect: 'hot',
      says: { en: "Agents' commands carried out at a time.", zh: '同时执行的客服命令数。' },
    },
    queue: {
      kind: 'whole',
      min: 1,
      max: 1_000_000,
      default: 4_096,
      effect: 'hot',
      says: { en: 'Commands that may wait for that.', zh: '可等待执行的命令数。' },
    },
  },
  persist: {
    queue: {
      kind: 'whole',
      min: 64,
      max: 1_000_000,
      default: 32_768,
      effect: 'hot',
      says: { en: 'Requests of a worker without an answer.', zh: '一个 worker 中尚无应答的请求数。' },
    },
    batch: {
      kind: 'whole',
      min: 1,
      max: 20_000,
      default: 2_000,
      effect: 'hot',
      says: { en: 'Operations in one transaction.', zh: '一个事务中的操作数。' },
    },
    target: {
      kind: 'duration',
      min: 10,
      max: 60_000,
      default: '500ms',
      effect: 'hot',
      says: { en: 'Delay in persist that may stand.', zh: '持久化阶段可容忍的持续延迟。' },
    },
    interval: {
      kind: 'duration',
      min: 10,
      max: 60_000,
      default: '1s',
      effect: 'hot',
      says: {
        en: 'How long the delay must stand above the target until new messages are refused.',
        zh: '延迟高于目标多久之后开始拒绝新消息。',
      },
    },
  },
} as const satisfies Tree
