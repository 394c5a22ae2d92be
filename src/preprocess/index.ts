export { type ExtensionVersion, predefinedMacros, type TargetDescription } from "./predefined.ts";
export { type Preprocessed, type PreprocessOptions, preprocess } from "./preprocess.ts";
