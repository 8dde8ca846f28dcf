package io.fairlead.gateway.internal.call;

import io.fairlead.gateway.internal.http.RequestHead;
import io.grpc.Deadline;
import io.grpc.Status;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The time that a caller gives a call. */
public final class Deadlines {
  private Deadlines() {}

  /**
   * Reads {@code connect-timeout-ms}; null without one.
   *
   * @param more a further header of this form; empty if there is none. The shorter time counts
   */
  public static @Nullable Deadline connect(RequestHead request, String more) {
    return sooner(millis(request, "connect-timeout-ms"), millis(request, more));
  }

  private static @Nullable Deadline millis(RequestHead request, String header) {
    String text = header.isEmpty() ? "" : request.header(header);
    return text.isEmpty()
        ? null
        : Deadline.after(number(header, text, text, 10), TimeUnit.MILLISECONDS);
  }

  private static @Nullable Deadline sooner(@Nullable Deadline one, @Nullable Deadline other) {
    return one == null || other == null ? (one == null ? other : one) : one.minimum(other);
  }

  /**
   * Reads {@code grpc-timeout}; null without one.
   *
   * @param more as for {@link #connect}
   */
  public static @Nullable Deadline grpc(RequestHead request, String more) {
    String text = request.header("grpc-timeout");
    return sooner(text.isEmpty() ? null : grpc(text), millis(request, more));
  }

  private static Deadline grpc(String text) {
    TimeUnit unit =
        switch (text.charAt(text.length() - 1)) {
          case 'H' -> TimeUnit.HOURS;
          case 'M' -> TimeUnit.MINUTES;
          case 'S' -> TimeUnit.SECONDS;
          case 'm' -> TimeUnit.MILLISECONDS;
          case 'u' -> TimeUnit.MICROSECONDS;
          case 'n' -> TimeUnit.NANOSECONDS;
          default -> throw bad("grpc-timeout", text);
        };
    return Deadline.after(
        number("grpc-timeout", text, text.substring(0, text.length() - 1), 8), unit);
  }

  private static long number(String header, String text, String digits, int most) {
    if (digits.isEmpty()
        || digits.length() > most
        || !digits.chars().allMatch(c -> c >= '0' && c <= '9')) {
      throw bad(header, text);
    }
    return Long.parseLong(digits);
  }

  private static RuntimeException bad(String header, String text) {
    String form = header.equals("grpc-timeout") ? "such as 100m" : "a number of milliseconds";
    return Status.INVALID_ARGUMENT
        .withDescription("the header " + header + " is " + form + ", not \"" + text + "\"")
        .asRuntimeException();
  }
}
