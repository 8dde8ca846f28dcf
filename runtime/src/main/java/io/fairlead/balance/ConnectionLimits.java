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
          "connections are " + min + " to " + max + "; use 1 <= least <= most <= 64");
    }
    if (maxStreams < 1) {
      throw new IllegalArgumentException(
          "connections.streams is " + maxStreams + "; use 1 or more, e.g. 100");
    }
  }

  static ConnectionLimits parse(BalancerConfigReader params) {
    int least = params.getInt("least", 1, 1, 64);
    ConnectionLimits parsed =
        new ConnectionLimits(
            least,
            params.getInt("most", least, 1, 64),
            params.getInt("streams", 100, 1, Integer.MAX_VALUE));
    params.rejectUnknown();
    return parsed;
  }

  Map<String, ?> toConfig() {
    Map<String, Object> config = new LinkedHashMap<>();
    config.put("least", (double) min);
    config.put("most", (double) max);
    config.put("streams", (double) maxStreams);
    return config;
  }
}
