package io.fairlead.contract;

/**
 * The level of what generated code calls. It grows when something is added; nothing is taken away.
 */
public final class RuntimeApi {
  /** The level of this runtime. */
  public static final int LEVEL = 1;

  private RuntimeApi() {}

  /**
   * Called by generated classes when they are loaded.
   *
   * @throws IllegalStateException if this runtime is older than the code that asks
   */
  public static void require(int level) {
    if (level > LEVEL) {
      throw new IllegalStateException(
          "this code was generated for Fairlead runtime API level "
              + level
              + ", but the fairlead-runtime on the class path is level "
              + LEVEL
              + "; raise fairlead-runtime to the version of protoc-gen-fairlead, or above");
    }
  }
}
