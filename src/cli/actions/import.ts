/** Merges an archive into the store and says what came of it and what to try next. */
import { Effect } from "effect"
import { statSync } from "node:fs"
import { join, relative, resolve } from "node:path"
import { readArchive, type Imported } from "../../store/archive/read.ts"
import { Store } from "../../store/store.ts"
import { count } from "../columns.ts"
import { showMoving } from "../moving.ts"
import { findPlace, type PlaceInput, wordsOf } from "../place.ts"
import { invocation, print, shellWord } from "../terminal.ts"

interface Input extends PlaceInput {
  readonly archive: string
  readonly unpack: string | undefined
  readonly format: "text" | "json" | undefined
}

export const importAction = Effect.fn("import")(function*(input: Input) {
  const unpack = input.unpack === undefined ? undefined : resolve(input.unpack)
  const place = yield* findPlace({ ...input, store: input.store ?? (unpack === undefined ? undefined : join(unpack, "results")) })
  const archive = resolve(input.archive)
  const bytes = statSync(archive, { throwIfNoEntry: false })?.size ?? 0
  const moving = showMoving("Reading")
  const imported = yield* readArchive({ archive: relative(process.cwd(), archive), unpack, onProgress: (read) => moving.step(read, bytes) }).pipe(
    Effect.provide(Store.layer(place.store)),
    Effect.ensuring(Effect.sync(moving.end))
  )
  if (input.format === "json") return print(JSON.stringify({ ...imported, run: imported.run.id, store: place.store }, null, 2))
  print(importedText(imported, input, place.store))
})

const importedText = ({ actions, header, known, newActions, newObjects, objects, projectFiles, run, withoutResults }: Imported, input: Input, store: string): string => {
  const here = relative(process.cwd(), store)
  const flags = wordsOf({ project: undefined, store: input.store })
  const reprise = invocation()
  const [pipeline] = projectFiles
  const next = [
    ...(input.unpack === undefined || pipeline === undefined ? [] : [`cd ${shellWord(input.unpack)}`, `${reprise} check ${shellWord(pipeline)}${flags}`]),
    `${reprise} show ${run.id}${input.unpack === undefined ? flags : ""}`,
    `${reprise} query${input.unpack === undefined ? flags : ""}`
  ]
  return [
    `${run.id}${known ? " was in the store already" : ""}: ${run.pipeline}, ${run.status}, ${count(run.counts.total, "task")}; every byte is as it was written.`,
    `${count(newObjects, "object")} and ${count(newActions, "task record")} were new to ${here === "" ? "." : here.startsWith("..") ? store : here} (of ${objects} and ${actions}).`,
    ...(withoutResults === 0 ? [] : [`${count(withoutResults, "task")} count as not run here: ${header.leftOut === 0 ? "their results are gone" : "their results were left out of the archive"}.`]),
    ...(projectFiles.length === 0 ? [] : input.unpack === undefined
      ? [`${count(projectFiles.length, "file")} of its project ${projectFiles.length === 1 ? "stays" : "stay"} in the archive; --unpack DIR writes ${projectFiles.length === 1 ? "it" : "them"} to a new folder.`]
      : [`${count(projectFiles.length, "file")} of its project: ${input.unpack}`]),
    "Next:",
    ...next.map((line) => `  ${line}`)
  ].join("\n")
}
