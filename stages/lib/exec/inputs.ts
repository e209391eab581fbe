/** What a program finds when it starts: the files that it declares, and its inputs in the formats that it asks for. */
import { constants, copyFileSync, mkdirSync } from "node:fs"
import { dirname, join, resolve, sep } from "node:path"
import { type Json, projectFiles, type TaskRequest } from "../../../src/stage.ts"
import { unpackFolder } from "./folders.ts"
import type { GivenFormat, ProgramParams } from "./params.ts"
import { giveTable } from "./tables.ts"

/** Copies (which share their bytes where the file system can), so that the program can neither change the project nor find there what it did not declare. Throws an Error that says what is wrong. */
export const placeFiles = (files: ProgramParams["files"], folder: string, project: string): void => {
  mkdirSync(folder, { recursive: true })
  for (const [name, source] of Object.entries(files)) {
    const found = projectFiles(project, source)
    if (found === undefined) throw new Error(`there is no ${source} any more`)
    for (const file of found) {
      const place = resolve(folder, name, file.name)
      if (!place.startsWith(folder + sep)) throw new Error(`${name} leads out of it`)
      mkdirSync(dirname(place), { recursive: true })
      copyFileSync(file.path, place, constants.COPYFILE_FICLONE)
    }
  }
}

export interface Gathered {
  readonly path: string
  readonly coordinates: Readonly<Record<string, Json>>
}

/** Where each input lies; of one that gathers, a list. */
export const giveInputs = async (params: ProgramParams, task: TaskRequest, folder: string): Promise<Readonly<Record<string, string | ReadonlyArray<Gathered>>>> => {
  const given: Record<string, string | ReadonlyArray<Gathered>> = {}
  for (const [name, files] of Object.entries(task.inputs)) {
    const all: Array<Gathered> = []
    for (const [at, { coordinates, kind, path }] of files.entries()) {
      all.push({ path: await inFormat(path, kind, params.as[name] ?? "arrow", join(folder, `in-${name}-${at}`)), coordinates })
    }
    given[name] = params.gather.includes(name) ? all : all[0]?.path ?? ""
  }
  return given
}

const inFormat = async (path: string, kind: string, format: GivenFormat, place: string): Promise<string> => {
  if (format === "folder") {
    await unpackFolder(path, place)
    return place
  }
  if (format === "arrow" || (kind !== "table" && kind !== "dataset")) return path
  const named = `${place}.${format}`
  await giveTable(path, named, format)
  return named
}
