/**
 * The one file that knows `effect/cli`, whose interface may still change in a minor version: how a command is declared,
 * how flags and arguments are read, and how a command line is run.
 */
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Console, Effect, Option } from "effect"
import { Argument, CliConfig, CliError, CliOutput, Command, Flag, GlobalFlag } from "effect/cli"

/** What a command shows in `--help` beside its flags. */
export interface Manual {
  readonly summary: string
  /** Paragraphs under the summary. */
  readonly details?: string
  readonly examples: ReadonlyArray<{ readonly command: string; readonly description: string }>
}

/** A command from its flags and what it does with them. */
export const command = <Name extends string, const Config extends Command.Command.Config, E, R>(
  name: Name,
  manual: Manual,
  config: Config,
  handler: (input: Command.Command.Config.Infer<Config>) => Effect.Effect<void, E, R>
) =>
  Command.make(name, config, handler).pipe(
    Command.withDescription(manual.details === undefined ? manual.summary : `${manual.summary}\n\n${paragraphs(manual.details)}`),
    Command.withShortDescription(manual.summary),
    Command.withExamples(manual.examples)
  )

/** Lines of at most 100 characters, moved in like the rest of the page. */
const paragraphs = (text: string): string => text.replaceAll(/(.{1,98})(?: |$)/gm, "  $1\n").trimEnd()

const orUndefined = <A>(value: Option.Option<A>): A | undefined => Option.getOrUndefined(value)

/** `--name VALUE`, undefined when absent. */
export const text = (name: string, metavar: string, doc: string) =>
  Flag.String(name).pipe(Flag.withMetavar(metavar), Flag.withDescription(doc), Flag.optional, Flag.map(orUndefined))
/** `--name VALUE`, any number of times. */
export const texts = (name: string, metavar: string, doc: string) =>
  Flag.String(name).pipe(Flag.withMetavar(metavar), Flag.withDescription(`${doc} (repeatable)`), Flag.atLeast(0))
export const integer = (name: string, doc: string) =>
  Flag.Int(name).pipe(Flag.withDescription(doc), Flag.optional, Flag.map(orUndefined))
/** `--name`: off unless given. */
export const toggle = (name: string, doc: string) =>
  Flag.Boolean(name).pipe(Flag.withDescription(doc), Flag.withDefault(false))
/** `--name` with one of a few words. */
export const choice = <const Words extends ReadonlyArray<string>>(name: string, words: Words, doc: string) =>
  Flag.Literals(name, words).pipe(Flag.withDescription(doc), Flag.optional, Flag.map(orUndefined))

/** A one-letter name beside the long one. */
export const alias = (letter: string) => <A>(flag: Flag.Flag<A>) => Flag.withAlias(flag, letter)

export const argument = (name: string, doc: string) => Argument.String(name).pipe(Argument.withDescription(doc))
export const optionalArgument = (name: string, doc: string) =>
  Argument.String(name).pipe(Argument.withDescription(doc), Argument.optional, Argument.map(orUndefined))

/** The command that only holds the others: `group(name, manual)([run, plan])`. */
export const group = <const Name extends string>(name: Name, manual: Manual) =>
  Command.make(name).pipe(Command.withDescription(manual.summary), Command.withExamples(manual.examples))
export const withSubcommands = Command.withSubcommands

/** Reads the command line and runs what it asks for. A wrong one fails with a `CliError` after printing what is wrong. */
export const runCommandLine = <Name extends string, Input, E, R, Given>(
  root: Command.Command<Name, Input, Given, E, R>,
  version: string,
  parameters: ReadonlyArray<string>
) =>
  Command.runWith(root, { version })(parameters).pipe(
    // The wizard and the log level ask for more than they give here.
    Effect.provide([
      NodeServices.layer,
      CliConfig.layer({ builtIns: [GlobalFlag.Help, GlobalFlag.Version, GlobalFlag.Completions] }),
      CliOutput.layerPresenter(presenter)
    ])
  )

/** A wrong command line gets its error and a pointer to the help, not a page that scrolls the error away. */
const presenter: CliOutput.Presenter = {
  present: (event) =>
    event._tag === "InvalidInvocation"
      ? Console.error(`${event.errors.map((error) => `error: ${error.message}`).join("\n")}\n\nSee ${event.commandPath.join(" ")} --help`)
      : CliOutput.defaultPresenter.present(event)
}

/** Whether this failure was a wrong command line, already reported. */
export const isUsageError = (error: unknown): boolean => CliError.isCliError(error)
