/** What a pipeline's parameters say of files, as the planner asks it: their content, or why they may not be named. */
import { join } from "node:path"
import type { FileDigest } from "../plan/prepare.ts"
import { namedPath } from "../stage/project-files.ts"
import { contentDigests } from "./content-digest.ts"
import { pathGuard, type Refusal } from "./project-paths.ts"

export interface FileDigests {
  /** `named` as in project-files.ts. */
  of(named: string): FileDigest
  /** Keeps what was read for the next time. */
  save(): void
}

export interface FileDigestsOptions {
  readonly project: string
  /** Folders besides the project that may be named (`allowedFolders`). */
  readonly allowed: ReadonlyArray<string>
  /** Hears of a path that takes long to read. */
  readonly onLarge?: (path: string, bytes: number) => void
}

export const fileDigests = ({ allowed, onLarge, project }: FileDigestsOptions): FileDigests => {
  const guard = pathGuard(project, allowed)
  /** A link in a folder that leads out of the project. */
  let stray: Refusal | undefined
  const digests = contentDigests(join(project, ".reprise", "content.json"), {
    project,
    onLink: (link, target) => (stray ??= guard(target) === undefined ? undefined : guard(link)),
    ...(onLarge === undefined ? {} : { onLarge })
  })
  return {
    of: (named) => {
      stray = undefined
      const digest = guard(namedPath(named)) ?? digests.of(named)
      return stray ?? digest
    },
    save: digests.save
  }
}
