/** What a program leaves: where it is told to put it, and how that becomes outputs of the stage. */
import { existsSync, mkdirSync, renameSync } from "node:fs"
import { join } from "node:path"
import { Effect, StageError, type TaskRequest } from "../../../src/stage.ts"
import { takeDataset } from "./datasets.ts"
import { packFolder } from "./folders.ts"
import { type ProgramOutput, type ProgramParams, variableOf } from "./params.ts"
import { takeTable } from "./tables.ts"

const endingOf = ({ dataset, model, table }: ProgramOutput): string => {
  const ending = table ?? dataset ?? model
  return ending === undefined ? "" : `.${ending}`
}

/** A place for each output. A folder is there already, and empty. */
export const outputPlaces = (params: ProgramParams, folder: string): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(params.outputs).map(([name, output]) => {
    const place = join(folder, `out-${name}${endingOf(output)}`)
    if (output.folder === true) mkdirSync(place, { recursive: true })
    return [name, place]
  }))

export const takeOutput = (name: string, output: ProgramOutput, from: string, task: TaskRequest): Effect.Effect<void, StageError> => {
  const to = task.outputs[name]
  if (!existsSync(from) || to === undefined) {
    return Effect.fail(new StageError({ message: `The program ended well and did not write its output "${name}".`, hint: `It finds the path in the environment variable REPRISE_OUTPUT_${variableOf(name)}, and under outputs.${name} in the file that REPRISE_TASK names.` }))
  }
  return Effect.tryPromise({
    try: async () => {
      if (output.table !== undefined) await takeTable(from, to, output.table, output.columns ?? {})
      else if (output.dataset !== undefined) await takeDataset(from, to, output.dataset, output.label ?? "y")
      else if (output.folder === true) await packFolder(from, to)
      else renameSync(from, to)
    },
    catch: (cause) => new StageError({
      message: `output "${name}": ${cause instanceof Error ? cause.message : String(cause)}`,
      hint: "Correct what the program writes, or the output's format.",
      cause
    })
  })
}
