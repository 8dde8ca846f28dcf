package io.fairlead.policy;

import io.fairlead.internal.Arguments;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Sends a copy of a share of the calls of a method elsewhere, to compare the answers. Only channels
 * that have a {@link CallMirror} honour it, and that one knows where copies may go.
 */
public final class MirrorPolicy {
  private final String to;
  private final double percent;

  private MirrorPolicy(String to, double percent) {
    this.to = Arguments.text("mirror.to", to, "\"canary\"");
    this.percent = Arguments.range("mirror.percent", percent, 0, 100);
  }

  /** Returns a builder; to and percent must be given. */
  public static Builder builder() {
    return new Builder();
  }

  /** Returns a builder that starts from these values. */
  public Builder toBuilder() {
    return builder().to(to).percent(percent);
  }

  /** Returns where the copies go, by a name that the channel's {@link CallMirror} knows. */
  public String to() {
    return to;
  }

  /** Returns the share of the calls that is copied, from 0 to 100. */
  public double percent() {
    return percent;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof MirrorPolicy that && to.equals(that.to) && percent == that.percent;
  }

  @Override
  public int hashCode() {
    return Objects.hash(to, percent);
  }

  @Override
  public String toString() {
    return Percent.text(percent) + " to " + to;
  }

  /** Collects values; {@link #build} checks them. Not safe for use by several threads. */
  public static final class Builder {
    private @Nullable String to;
    private @Nullable Double percent;

    private Builder() {}

    /** Sets where the copies go, by a name that the channel's mirror knows. Must be given. */
    public Builder to(String name) {
      to = Objects.requireNonNull(name, "name");
      return this;
    }

    /** Sets the share of the calls that is copied, from 0 for none to 100. Must be given. */
    public Builder percent(double share) {
      percent = share;
      return this;
    }

    /** Returns the checked value. */
    public MirrorPolicy build() {
      if (to == null) {
        throw new IllegalArgumentException(
            "mirror.to is not set; give the name that the channel's mirror has for the other side,"
                + " as in \"canary\"");
      }
      if (percent == null) {
        throw new IllegalArgumentException(
            "mirror.percent is not set; give the share of the calls, from 0 to 100");
      }
      return new MirrorPolicy(to, percent);
    }
  }
}
