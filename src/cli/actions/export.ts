/** Writes a run into an archive and says what is in it. */
import { Effect } from "effect"
import { statSync } from "node:fs"
import { relative, resolve } from "node:path"
import { carriedFiles } from "../../run/carried-files.ts"
import { archiveError } from "../../store/archive/archive-error.ts"
import { containerSuffixes } from "../../store/archive/container.ts"
import { contentsOf } from "../../store/archive/contents.ts"
import { writeArchive } from "../../store/archive/write.ts"
import { checkFormat } from "../../store/format.ts"
import { storePaths } from "../../store/paths.ts"
import { bytesText, readBytes } from "../amounts.ts"
import { count } from "../columns.ts"
import { usageFailure } from "../failure.ts"
import { showMoving } from "../moving.ts"
import { findPlace, type PlaceInput } from "../place.ts"
import { findRun } from "../runs-by-name.ts"
import { invocation, notice, print, shellWord } from "../terminal.ts"

interface Input extends PlaceInput {
  readonly run: string | undefined
  readonly output: string | undefined
  readonly noObjects: boolean
  readonly maxObject: string | undefined
  readonly license: string | undefined
  readonly force: boolean
}

export const exportAction = Effect.fn("export")(function*(input: Input) {
  if (input.noObjects && input.maxObject !== undefined) return yield* usageFailure("error: --no-objects leaves out all results, so --max-object has nothing to choose from")
  const largest = input.maxObject === undefined ? Infinity : readBytes(input.maxObject)
  if (largest === undefined) return yield* usageFailure(`error: --max-object ${input.maxObject}: write it as 500K or 10M`)
  const place = yield* findPlace(input)
  const paths = storePaths(place.store)
  const run = yield* findRun(paths, input.run)
  const output = resolve(input.output ?? `${run.id}.tar.gz`)
  if (!containerSuffixes.some((suffix) => output.endsWith(suffix))) {
    return yield* usageFailure(`error: --output ${input.output}: its name has to end in ${containerSuffixes.join(", ")}`)
  }
  const contents = yield* Effect.try({
    try: () => {
      checkFormat(paths)
      return contentsOf(paths, run, { mostBytes: input.noObjects ? -1 : largest })
    },
    catch: (cause) => archiveError(`read ${run.id}`, cause)
  })
  const carried = yield* carriedFiles({ ...place, tasks: contents.tasks, actions: contents.actions })
  for (const name of carried.changed) notice(`${name} has changed since the run, or is gone: it is not in the archive.`)
  const moving = showMoving("Writing")
  const written = yield* writeArchive(contents, {
    project: { folder: place.project, files: carried.paths },
    output,
    overwrite: input.force,
    reprise: place.version,
    license: input.license ?? "Whoever made this archive has not said on which terms it may be used.",
    created: new Date(),
    onProgress: moving.step
  }).pipe(Effect.ensuring(Effect.sync(moving.end)))
  const left = written.leftOut === 0 ? "" : `; ${count(written.leftOut, "object")} left out`
  print(`${relative(process.cwd(), output)}: ${run.id}, ${count(contents.tasks.length, "task")}, ${count(written.objects, "object")}${left}, ${count(written.projectFiles, "file")} of the project`)
  print(`${bytesText(statSync(output).size)}, ${bytesText(written.bytes)} unpacked. To open it elsewhere: ${invocation()} import ${shellWord(relative(process.cwd(), output))}`)
})
