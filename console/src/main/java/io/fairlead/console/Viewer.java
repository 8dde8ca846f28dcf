package io.fairlead.console;

/**
 * On whose behalf processes are asked.
 *
 * @param authorization the header of their own that is handed on; empty if the console's channels
 *     say who calls
 */
record Viewer(String authorization) {
  @Override
  public String toString() {
    // It may be a token, which no log shows.
    return authorization.isEmpty() ? "a viewer" : "a viewer with a token";
  }
}
