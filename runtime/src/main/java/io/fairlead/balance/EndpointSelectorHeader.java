package io.fairlead.balance;

import com.google.common.base.MoreObjects;
import io.fairlead.EndpointSelector;
import io.fairlead.internal.Arguments;
import java.util.Objects;

/**
 * A request header that selects endpoints: its value is the one that an endpoint's tag must have.
 */
public final class EndpointSelectorHeader {
  private final String header;
  private final String tag;
  private final boolean strict;

  private EndpointSelectorHeader(Builder builder) {
    header = Arguments.header("endpoint_selector_header.header", builder.header);
    tag = builder.tag;
    strict = builder.strict;
    if (tag.isBlank()) {
      throw new IllegalArgumentException(
          "endpoint_selector_header.tag is blank; use a tag's name, \"version\" or \"zone\"");
    }
  }

  /** Calls with this header prefer endpoints of the version that it names. */
  public static EndpointSelectorHeader version(String header) {
    return builder(header).build();
  }

  /** Returns a builder for a header; it prefers endpoints of the version that the header names. */
  public static Builder builder(String header) {
    return new Builder(Objects.requireNonNull(header, "header"));
  }

  /** Returns a builder that starts from these values. */
  public Builder toBuilder() {
    return builder(header).tag(tag).strict(strict);
  }

  /** Returns the header's name. */
  public String header() {
    return header;
  }

  /** Returns a tag's name, or {@code "version"} or {@code "zone"} for the endpoint's own. */
  public String tag() {
    return tag;
  }

  /** Returns whether a call fails when no such endpoint can take it; otherwise any may. */
  public boolean strict() {
    return strict;
  }

  /** Returns what a call with this value of the header asks for. */
  public EndpointSelector selectorFor(String value) {
    return new EndpointSelector(tag, value, strict);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof EndpointSelectorHeader that
        && header.equals(that.header)
        && tag.equals(that.tag)
        && strict == that.strict;
  }

  @Override
  public int hashCode() {
    return Objects.hash(header, tag, strict);
  }

  @Override
  public String toString() {
    return MoreObjects.toStringHelper("endpoint_selector_header")
        .add("header", header)
        .add("tag", tag)
        .add("strict", strict)
        .toString();
  }

  /** Collects values; {@link #build} checks them. */
  public static final class Builder {
    private final String header;
    private String tag = "version";
    private boolean strict;

    private Builder(String header) {
      this.header = header;
    }

    /** Compares with this tag, or {@code "version"} or {@code "zone"}. Default: the version. */
    public Builder tag(String tag) {
      this.tag = Objects.requireNonNull(tag, "tag");
      return this;
    }

    /** Sets whether a call fails when no such endpoint can take it. Default: any may take it. */
    public Builder strict(boolean strict) {
      this.strict = strict;
      return this;
    }

    /** Returns the header, checked. */
    public EndpointSelectorHeader build() {
      return new EndpointSelectorHeader(this);
    }
  }
}
