import { defaultSnapshot } from './assemble.ts'
import type { pipelineTree } from './definitions-pipeline.ts'
import type { TreeValues } from './setting.ts'

/** `[pipeline]` of server.toml; times in ms. */
export type PipelineConfig = TreeValues<typeof pipelineTree>

export const defaultPipeline: PipelineConfig = defaultSnapshot().cluster.server.pipeline
