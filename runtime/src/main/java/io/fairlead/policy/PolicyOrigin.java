package io.fairlead.policy;

/** The source of a policy; the strongest comes first. */
public enum PolicyOrigin {
  /** Settings of this very call. */
  CALL("this call's settings"),
  /** A {@link PolicySource}, while the program runs. */
  LIVE("live override"),
  /** The builder of the channel or of the server. */
  BUILDER("builder"),
  /** The contract. */
  CONTRACT("contract"),
  /** The library. */
  DEFAULT("default");

  private final String text;

  PolicyOrigin(String text) {
    this.text = text;
  }

  /** Returns the name as messages show it. */
  @Override
  public String toString() {
    return text;
  }
}
