package io.fairlead.balance;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * How many connections a channel keeps to each endpoint.
 *
 * @param min kept always
 * @param max opened when the ones there are full
 * @param maxStreams calls on one connection that make it full
 */
public record ConnectionLimits(int min, int max, int maxStreams) {
  /** One connection: right for most, since HTTP/2 carries many calls on it. */
  public static final ConnectionLimits ONE = new ConnectionLimits(1, 1, 100);

  public ConnectionLimits {
    if (min < 1 || max < min || max > 64) {
      throw new IllegalArgumentException(
          "connections are " + min + " to " + max + "; use 1 <= min <= max <= 64");
    }
    if (maxStreams < 1) {
      throw new IllegalArgumentException(
          "connections.max_streams is " + maxStreams + "; use 1 or more, e.g. 100");
    }
  }

  static ConnectionLimits parse(BalancerConfigReader params) {
    int min = params.getInt("min", 1, 1, 64);
    ConnectionLimits parsed =
        new ConnectionLimits(
            min,
            params.getInt("max", min, 1, 64),
            params.getInt("max_streams", 100, 1, Integer.MAX_VALUE));
    params.rejectUnknown();
    return parsed;
  }

  Map<String, ?> toConfig() {
    Map<String, Object> config = new LinkedHashMap<>();
    config.put("min", (double) min);
    config.put("max", (double) max);
    config.put("max_streams", (double) maxStreams);
    return config;
  }
}
