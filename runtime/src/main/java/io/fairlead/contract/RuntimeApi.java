package io.fairlead.contract;

import io.fairlead.internal.LibraryVersions;

/**
 * The level of what generated code calls. It grows when something is added. When something moves,
 * {@link #OLDEST_LEVEL} grows too, and code of the levels below is refused.
 */
public final class RuntimeApi {
  /** The level of this runtime. */
  public static final int LEVEL = 2;

  /** The oldest level of generated code that this runtime supports. */
  static final int OLDEST_LEVEL = 2;

  private RuntimeApi() {}

  /**
   * Checks the level of generated code, and the libraries on the class path; generated classes call
   * this when they are loaded.
   *
   * @throws IllegalStateException if this runtime is older than the code that asks, no longer
   *     supports its level, or cannot work with a library as old as the one it finds
   */
  public static void require(int level) {
    LibraryVersions.check();
    if (level > LEVEL) {
      throw new IllegalStateException(
          ("this code was generated for Fairlead runtime API level %s, but the"
                  + " fairlead-runtime on the class path is level %s; raise fairlead-runtime to"
                  + " the version of protoc-gen-fairlead, or above")
              .formatted(level, LEVEL));
    }
    if (level < OLDEST_LEVEL) {
      throw new IllegalStateException(
          ("this code was generated for level %s, whose types have moved; generate it"
                  + " again with protoc-gen-fairlead of this version")
              .formatted(level));
    }
  }
}
