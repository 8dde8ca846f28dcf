package io.fairlead.interop.report;

/** Who calls whom. */
public enum Direction {
  /** A client of others calls a server of ours. */
  THEIR_CLIENT("Their client, our server"),
  /** A client of ours calls a server of others. */
  OUR_CLIENT("Our client, their server");

  private final String title;

  Direction(String title) {
    this.title = title;
  }

  String title() {
    return title;
  }
}
