import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { capacityPage } from './support/capacity-page.ts'
import type { Reports } from './support/page-text.ts'
import { peersPage } from './support/peers-page.ts'
import { root } from './support/root.ts'

export const capacityPagePath = join(root, 'docs', 'capacity.md')
export const targetsPagePath = join(root, 'docs', 'targets.md')

/** Every `NAME.json` right below `folder`. */
export function readReports(folder: string): Reports {
  return new Map(
    readdirSync(folder)
      .filter((file) => file.endsWith('.json'))
      .map((file) => [
        file.slice(0, -'.json'.length),
        JSON.parse(readFileSync(join(folder, file), 'utf8')) as unknown,
      ]),
  )
}

/** Writes the tables of docs/capacity.md and docs/targets.md from `reports/`. */
export function writePages(): void {
  const reports = readReports(join(root, 'reports'))
  writeFileSync(capacityPagePath, capacityPage(readFileSync(capacityPagePath, 'utf8'), reports))
  writeFileSync(targetsPagePath, peersPage(readFileSync(targetsPagePath, 'utf8'), reports))
}
