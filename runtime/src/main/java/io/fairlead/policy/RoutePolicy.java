package io.fairlead.policy;

import io.fairlead.internal.Arguments;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Sends a share of the calls to the endpoints that carry a tag with a value, such as those of a new
 * version, and the other calls to the other endpoints. With 0 percent they get no calls, and with
 * 100 all of them.
 *
 * <p>Where the endpoints of one side cannot take a call, those of the other side do. A retry may go
 * to either side. Calls with a key are divided by the key, so that equal keys stay on one side;
 * others are divided at random.
 */
public final class RoutePolicy {
  private final String tag;
  private final String value;
  private final double percent;

  private RoutePolicy(Builder builder, String value, double percent) {
    this.tag = Arguments.text("route.tag", builder.tag, "\"version\"");
    this.value = Arguments.text("route.value", value, "\"2.0\"");
    this.percent = percent;
    Arguments.range("route.percent", percent, 0, 100);
  }

  /** Returns a builder; value and percent must be given. */
  public static Builder builder() {
    return new Builder();
  }

  /** Returns a builder that starts from these values. */
  public Builder toBuilder() {
    return builder().tag(tag).value(value).percent(percent);
  }

  /**
   * Returns the tag by which endpoints are told apart; {@code "version"}, {@code "zone"} and {@code
   * "id"} are the endpoint's own.
   */
  public String tag() {
    return tag;
  }

  /** Returns the value of the tag that the wanted endpoints have. */
  public String value() {
    return value;
  }

  /** Returns the share of the calls that goes to them, from 0 to 100. */
  public double percent() {
    return percent;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof RoutePolicy that
        && tag.equals(that.tag)
        && value.equals(that.value)
        && percent == that.percent;
  }

  @Override
  public int hashCode() {
    return Objects.hash(tag, value, percent);
  }

  @Override
  public String toString() {
    return Percent.text(percent) + " to " + tag + "=" + value;
  }

  /** Collects values; {@link #build} checks them. Not safe for use by several threads. */
  public static final class Builder {
    private String tag = "version";
    private @Nullable String value;
    private @Nullable Double percent;

    private Builder() {}

    /** Sets the tag by which endpoints are told apart. Default: {@code "version"}. */
    public Builder tag(String name) {
      tag = Objects.requireNonNull(name, "tag");
      return this;
    }

    /** Sets the value of the tag that the wanted endpoints have. Must be given. */
    public Builder value(String wanted) {
      value = Objects.requireNonNull(wanted, "value");
      return this;
    }

    /** Sets the share of the calls that goes to them, from 0 to 100. Must be given. */
    public Builder percent(double share) {
      percent = share;
      return this;
    }

    /** Returns the checked value. */
    public RoutePolicy build() {
      if (value == null) {
        throw new IllegalArgumentException(
            "route.value is not set; give what the wanted endpoints have there, as in \"2.0\"");
      }
      if (percent == null) {
        throw new IllegalArgumentException(
            "route.percent is not set; give the share of the calls, from 0 to 100");
      }
      return new RoutePolicy(this, value, percent);
    }
  }
}
