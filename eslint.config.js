import tseslint from "typescript-eslint";

/** A room may import itself, `api/`, `timing/` and `federation/types`; only main.ts joins rooms (docs/decisions). */
const rooms = ["kubernetes", "router", "dns", "xmpp", "admin", "cli"];
const otherRooms = (room) => rooms.filter((other) => other !== room).map((other) => `**/${other}/**`);

export default tseslint.config(
  { ignores: ["dist/", "node_modules/", "src/api/generated/", ".sandbox/"] },
  {
    files: ["**/*.ts"],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      complexity: ["error", 12],
      "max-depth": ["error", 3],
      "max-lines": ["error", { max: 300, skipBlankLines: true, skipComments: true }],
      "no-console": "error",
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/switch-exhaustiveness-check": [
        "error",
        { considerDefaultExhaustiveForUnions: true },
      ],
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_" }],
    },
  },
  ...rooms.map((room) => ({
    files: [`src/${room}/**/*.ts`],
    rules: { "no-restricted-imports": ["error", { patterns: otherRooms(room) }] },
  })),
  {
    files: ["src/federation/**/*.ts"],
    rules: {
      "no-restricted-imports": ["error", { patterns: ["node:*", ...rooms.map((room) => `**/${room}/**`)] }],
    },
  },
  {
    files: ["test/**/*.ts"],
    rules: {
      // node:test's `test` and `describe` return promises that the runner itself awaits
      "@typescript-eslint/no-floating-promises": [
        "error",
        {
          allowForKnownSafeCalls: [
            {
              from: "package",
              package: "node:test",
              name: ["test", "it", "describe", "suite", "before", "after", "beforeEach", "afterEach"],
            },
          ],
        },
      ],
    },
  },
  { files: ["tools/**/*.ts", "bench/**/*.ts"], rules: { "no-console": "off" } },
);
