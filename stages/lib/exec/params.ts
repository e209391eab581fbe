/** What a stage says of its program, decoded. */
import type { Json } from "../../../src/stage.ts"
import type { CsvType } from "../../data/lib/csv.ts"
import type { Chosen } from "./environment.ts"

export const tableFormats = ["arrow", "csv", "ndjson", "parquet"] as const
export type TableFormat = (typeof tableFormats)[number]
/** Formats in which a program may get an input. */
export const givenFormats = [...tableFormats, "folder"] as const
export type GivenFormat = (typeof givenFormats)[number]

/** One of `table`, `dataset`, `file`, `folder` and `model`. */
export interface ProgramOutput {
  readonly table?: TableFormat
  readonly columns?: Readonly<Record<string, CsvType>>
  readonly dataset?: TableFormat
  readonly label?: string
  readonly file?: string
  readonly folder?: true
  readonly model?: string
}

export interface ProgramParams extends Chosen {
  readonly run: ReadonlyArray<string> | { readonly shell: string }
  readonly files: Readonly<Record<string, string>>
  readonly params: Readonly<Record<string, Json>>
  readonly outputs: Readonly<Record<string, ProgramOutput>>
  readonly as: Readonly<Record<string, GivenFormat>>
  readonly gather: ReadonlyArray<string>
  readonly container?: string
  readonly engine: "docker" | "podman"
}

/** The part of an environment variable's name that stands for an input or output. */
export const variableOf = (name: string): string => name.toUpperCase().replaceAll(/[^A-Z0-9]/g, "_")
