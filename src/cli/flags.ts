/** Flags that several commands share, with the same name and meaning everywhere. */
import { alias, argument, integer, text, texts, toggle } from "./framework.ts"

/** Where the project and its results lie. */
export const placeFlags = {
  project: text("project", "DIR", "Project folder: stages and data files are found from here (default: the current folder)"),
  store: text("store", "DIR", "Folder of results (default: results/ in the project)")
}

/** Which file, with which changes: what `run`, `plan` and `check` work on. */
export const selectionFlags = {
  file: argument("FILE", "Pipeline file (YAML)"),
  set: texts("set", "NAME=VALUE", "Set a parameter, for example --set eps=0.02"),
  sweep: texts("sweep", "NAME=VALUES", "Sweep a parameter, for example --sweep eps=0.1,0.2 or --sweep seed='range(0, 10)'"),
  profile: text("profile", "NAME", "A named set of parameters from the file's profiles"),
  only: texts("only", "NAME", "Only this sweep, or this stage and what leads to it"),
  limit: integer("limit", "Only the first so many points of each sweep"),
  backend: text("backend", "NAME", "What tensors are computed on: cpu, webgpu, cuda, tfjs, or a file of configs/backends (default: cuda where it is installed, else cpu)"),
  allow: texts("allow", "DIR", "A folder outside of the project that the file may name (also REPRISE_ALLOW, several with :)"),
  ...placeFlags
}

export const jobsFlag = integer("jobs", "Processor cores to use at once (default: all)").pipe(alias("j"))
export const everythingFlag = toggle("all", "Print every row, however many")
