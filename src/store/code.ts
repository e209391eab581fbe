/** Which files a code digest covers, kept so that a later plan can say which of them changed. Nothing else reads it. */
import { existsSync } from "node:fs"
import { readJsonFile, writeJsonFile } from "./json-file.ts"
import type { StorePaths } from "./paths.ts"

/** File of the stage, relative to its root -> digest. */
export type CodeFiles = Readonly<Record<string, string>>

interface CodeRecord {
  readonly version: 1
  readonly files: CodeFiles
}

const isCodeRecord = (value: unknown): value is CodeRecord =>
  typeof value === "object" && value !== null && "version" in value && value.version === 1 && "files" in value && typeof value.files === "object"

export const readCodeFiles = (paths: StorePaths, digest: string): CodeFiles | undefined => readJsonFile(paths.code(digest), isCodeRecord)?.files

export const writeCodeFiles = (paths: StorePaths, digest: string, files: CodeFiles, temporary: string): void => {
  if (!existsSync(paths.code(digest))) writeJsonFile(paths.code(digest), { version: 1, files } satisfies CodeRecord, temporary)
}
