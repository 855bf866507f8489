declare module 'fs-native-extensions' {
  /** An exclusive lock of the kernel on an open file. @returns false where another open file has it */
  export function tryLock(descriptor: number): boolean;
}
