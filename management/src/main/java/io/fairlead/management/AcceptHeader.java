package io.fairlead.management;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The {@code Accept} header of a request: media ranges, each with a weight. */
final class AcceptHeader {
  private final List<MediaRange> ranges;

  private AcceptHeader(List<MediaRange> ranges) {
    this.ranges = ranges;
  }

  private record MediaRange(String type, String subtype, double weight) {
    boolean matches(String mediaType) {
      int slash = mediaType.indexOf('/');
      return (type.equals("*") || type.equals(mediaType.substring(0, slash)))
          && (subtype.equals("*") || subtype.equals(mediaType.substring(slash + 1)));
    }

    /** A range with fewer wildcards says more. */
    int precision() {
      return (type.equals("*") ? 0 : 1) + (subtype.equals("*") ? 0 : 1);
    }
  }

  /** Reads a header. What cannot be read is left out, as HTTP wants it. */
  static AcceptHeader parse(String header) {
    List<MediaRange> ranges = new ArrayList<>();
    for (String element : header.split(",", -1)) {
      String[] parts = element.trim().split(";", -1);
      String[] names = parts[0].trim().toLowerCase(Locale.ROOT).split("/", -1);
      if (names.length == 2) {
        ranges.add(new MediaRange(names[0], names[1], weight(parts)));
      }
    }
    return new AcceptHeader(ranges);
  }

  private static double weight(String[] parts) {
    for (int i = 1; i < parts.length; i++) {
      String parameter = parts[i].trim();
      if (parameter.startsWith("q=")) {
        try {
          return Double.parseDouble(parameter.substring(2));
        } catch (NumberFormatException e) {
          return 0;
        }
      }
    }
    return 1;
  }

  /** Returns the type with the highest weight; of equals the one that was named first. */
  String best(String first, String... others) {
    String best = first;
    double highest = weightOf(first);
    for (String other : others) {
      double weight = weightOf(other);
      if (weight > highest) {
        best = other;
        highest = weight;
      }
    }
    return best;
  }

  private double weightOf(String mediaType) {
    @Nullable MediaRange closest = null;
    for (MediaRange range : ranges) {
      if (range.matches(mediaType)
          && (closest == null || range.precision() > closest.precision())) {
        closest = range;
      }
    }
    return closest == null ? 0 : closest.weight();
  }
}
