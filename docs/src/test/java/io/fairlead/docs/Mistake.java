package io.fairlead.docs;

/**
 * A mistake that people make.
 *
 * @param title what went wrong, as the heading
 * @param done what the person did
 * @param trial makes the mistake, and gives what the person sees
 * @param wayOut what to do; empty if the message says it
 */
record Mistake(String title, String done, Trial trial, String wayOut) {
  /** Makes a mistake. */
  interface Trial {
    String message() throws Exception;
  }
}
