/** Expressions, `${{ ... }}`: the language's parts under one name. */
export type { BinaryOperator, Expression, ExpressionError, Node, Reference } from "./expression/ast.ts"
export { references } from "./expression/ast.ts"
export { evaluate } from "./expression/evaluate.ts"
export { type ExpressionFunction, functions } from "./expression/functions.ts"
export { parseExpression } from "./expression/parse.ts"
