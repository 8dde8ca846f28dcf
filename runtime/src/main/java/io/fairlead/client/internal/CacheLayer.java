package io.fairlead.client.internal;

import com.google.common.base.Splitter;
import com.google.common.primitives.Longs;
import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.MessageLite;
import com.google.protobuf.UnsafeByteOperations;
import io.fairlead.CallSettings;
import io.fairlead.observe.CallOutcome.CacheUse;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Answers a call from the cache, lets it wait for an equal one, or lets it through.
 *
 * <p>It stands below the observers, who hear of each call, and above the deadline: a response that
 * is kept needs neither time nor a server. What goes further down is a {@link SharedFlight}, which
 * no caller has made; its end stops here, and becomes the ends of those who wait for it. Of a
 * method that keeps responses for failures alone, each call goes down itself.
 */
final class CacheLayer extends ClientLayer {
  private static final System.Logger LOG = System.getLogger(CacheLayer.class.getName());

  private static final Metadata.Key<String> CACHE_CONTROL = text("cache-control");

  private final MethodDescriptor<?, ?> method;
  private final ResponseCache cache;
  private final @Nullable SharedResponses shared;
  private final List<Metadata.Key<String>> vary = new ArrayList<>();
  private final boolean byCaller;

  /** Those that equal calls may join, by the keys of their calls. */
  private final ConcurrentHashMap<ByteString, SharedFlight<?, ?>> flights =
      new ConcurrentHashMap<>();

  CacheLayer(MethodDescriptor<?, ?> method, ResponseCache cache, @Nullable SharedResponses shared) {
    this.method = method;
    this.cache = cache;
    this.shared = shared;
    List<String> names = cache.policy().vary();
    names.forEach(name -> vary.add(text(name)));
    this.byCaller = names.contains("authorization");
  }

  private static Metadata.Key<String> text(String name) {
    return Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER);
  }

  @Override
  void begin(LayeredCall call) {
    if (!(call instanceof CacheableCall<?, ?> cacheable)) {
      super.begin(call); // a flight
      return;
    }
    ByteString key =
        isOrdinary(cacheable) ? keyOf(call.request(), varied(cacheable.headers())) : null;
    cacheable.key(key);
    if (key == null) {
      super.begin(call);
    } else if (cache.answers()) {
      lookUp(cacheable, key);
    } else {
      cacheable.use(CacheUse.MISS);
      super.begin(call);
    }
  }

  /**
   * Returns whether the response is for others too: not for a call to one endpoint, with
   * credentials that are not known yet, or whose caller wants a new one.
   */
  private boolean isOrdinary(CacheableCall<?, ?> call) {
    CallSettings settings = CallSettings.of(call.options());
    Metadata headers = call.headers();
    String control = headers == null ? null : headers.get(CACHE_CONTROL);
    return (settings == null
            || (settings.endpoint() == null && settings.endpointSelector() == null))
        && call.options().getAuthority() == null
        && !(byCaller && call.options().getCredentials() != null)
        && (control == null || !(control.contains("no-cache") || control.contains("no-store")));
  }

  /**
   * Returns the bytes that equal calls have in common: the values of the varied headers, each with
   * its length, and the request. Maps are written in the order of their keys. Null for a request
   * that will be refused.
   *
   * @param prefix of the varied headers
   */
  static @Nullable ByteString keyOf(@Nullable Object request, String prefix) {
    if (request instanceof ReplayableRequest replayable) {
      ByteString bytes = replayable.refusal() == null ? replayable.key() : null;
      return bytes == null || prefix.isEmpty()
          ? bytes
          : ByteString.copyFromUtf8(prefix).concat(bytes);
    }
    if (!(request instanceof MessageLite message)) {
      return null;
    }
    int prefixBytes = prefix.isEmpty() ? 0 : CodedOutputStream.computeStringSizeNoTag(prefix);
    byte[] bytes = new byte[prefixBytes + message.getSerializedSize()];
    CodedOutputStream out = CodedOutputStream.newInstance(bytes);
    out.useDeterministicSerialization();
    try {
      if (prefixBytes > 0) {
        out.writeStringNoTag(prefix);
      }
      message.writeTo(out);
      out.checkNoSpaceLeft();
    } catch (IOException e) {
      throw new AssertionError("an array cannot be written to", e);
    }
    return UnsafeByteOperations.unsafeWrap(bytes);
  }

  /** Returns the values of the varied headers, so that no two lists of values look the same. */
  private String varied(@Nullable Metadata headers) {
    if (vary.isEmpty()) {
      return "";
    }
    StringBuilder text = new StringBuilder();
    for (Metadata.Key<String> header : vary) {
      // With its name, as the policy of another process may name others.
      text.append(header.name()).append('=');
      Iterable<String> values = headers == null ? null : headers.getAll(header);
      if (values != null) {
        values.forEach(value -> text.append(value.length()).append(':').append(value));
      }
      text.append(';');
    }
    return text.toString();
  }

  /** Answers a call with what is kept, or lets it wait for a call that is made for it. */
  private <Q, R> void lookUp(CacheableCall<Q, R> call, ByteString key) {
    ResponseCache.Entry kept = cache.fresh(key);
    if (kept != null) {
      call.hit(kept.response(), cache.age(kept));
      refuse(call, CallEnd.refused(Status.OK, false));
      return;
    }
    boolean mayJoin = cache.policy().sharedFlight();
    SharedFlight<Q, R> own = null;
    while (true) {
      SharedFlight<Q, R> other = mayJoin ? flight(key) : null;
      call.use(other == null ? CacheUse.MISS : CacheUse.JOINED); // before another thread ends it
      if (other != null && other.join(call)) {
        call.waitFor(other, true);
        return;
      }
      if (other != null) {
        forget(other); // it is over, or its last caller has left
        continue;
      }
      if (own == null) {
        own = SharedFlight.of(this, key, call);
      }
      if (!mayJoin || flights.putIfAbsent(key, own) == null) {
        call.waitFor(own, false); // which has the deadline of this call
        depart(own);
        return;
      }
    }
  }

  @SuppressWarnings("unchecked") // all are of the one method of this layer
  private <Q, R> @Nullable SharedFlight<Q, R> flight(ByteString key) {
    return (SharedFlight<Q, R>) flights.get(key);
  }

  /** Lets nobody find a flight any more. */
  void forget(SharedFlight<?, ?> flight) {
    flights.remove(flight.key, flight);
  }

  /** Begins a flight, unless a response has come since its founder looked. */
  private <Q, R> void depart(SharedFlight<Q, R> flight) {
    ResponseCache.Entry kept = cache.fresh(flight.key);
    if (kept != null) {
      land(flight, kept);
    } else if (shared == null) {
      send(flight);
    } else {
      shared.get(
          method,
          flight.key,
          flight.leftNanos(),
          found -> {
            ResponseCache.Entry entry = found == null ? null : keep(flight.key, found);
            if (entry != null && cache.isFresh(entry)) {
              land(flight, entry);
            } else {
              send(flight);
            }
          });
    }
  }

  private ResponseCache.@Nullable Entry keep(ByteString key, SharedResponses.Shared found) {
    return found.ageNanos() > cache.longest()
        ? null
        : cache.put(key, found.response(), found.ageNanos(), found.freshNanos());
  }

  /** Sends a flight down the layers, unless everybody has left. */
  private <Q, R> void send(SharedFlight<Q, R> flight) {
    try {
      flight.halfClose();
    } catch (RuntimeException e) {
      // As of a hash key that cannot be taken. No end comes from below.
      Status status = Status.INTERNAL.withDescription("the call cannot begin: " + e).withCause(e);
      land(flight, CallEnd.refused(status, false));
    }
  }

  @Override
  void ended(LayeredCall call, CallEnd end) {
    if (call instanceof SharedFlight<?, ?> flight) {
      land(flight, end);
      return;
    }
    if (call instanceof CacheableCall<?, ?> cacheable
        && cacheable.key() != null
        && end.status().isOk()
        && call.response() instanceof MessageLite response) {
      keep(cacheable.key(), response, cacheable.responseHeaders(), end.trailers());
    }
    passUp(call, end);
  }

  /** Gives those who wait a response that another call, or another process, has brought. */
  private <Q, R> void land(SharedFlight<Q, R> flight, ResponseCache.Entry kept) {
    forget(flight);
    for (CacheableCall<Q, R> call : flight.close()) {
      call.stopWaiting();
      call.hit(kept.response(), cache.age(kept));
      tell(call, CallEnd.refused(Status.OK, false));
    }
  }

  /** Keeps the response of a flight, and ends the calls that wait for it. */
  private <Q, R> void land(SharedFlight<Q, R> flight, CallEnd end) {
    R response = end.status().isOk() ? flight.response() : null;
    Metadata headers = flight.responseHeaders();
    if (response instanceof MessageLite message) {
      keep(flight.key, message, headers, end.trailers());
    }
    forget(flight); // after it is kept: who looks now finds one or the other
    boolean timedOut =
        end.status().getCode() == Status.Code.DEADLINE_EXCEEDED && flight.leftNanos() <= 0;
    // Of the attempts one call tells observers: the first one, which mostly made them.
    AttemptTracer attempts = end.last();
    for (CacheableCall<Q, R> call : flight.close()) {
      call.stopWaiting();
      ByteString key = call.key();
      if (timedOut && key != null && call.use() == CacheUse.JOINED && hasTime(call, flight)) {
        lookUp(call, key); // the time that is over was another call's
        continue;
      }
      call.take(response, headers == null ? null : copy(headers));
      tell(
          call,
          new CallEnd(
              end.decisive(),
              attempts,
              end.status(),
              copy(end.trailers()),
              end.reason(),
              end.byBreaker(),
              call.isGivenUp()));
      attempts = null;
    }
  }

  /**
   * Returns whether a call has a tenth of a flight's time left. With less than that it would begin
   * another one for nothing, and after it the next call, as long as a server does not answer.
   */
  private static boolean hasTime(CacheableCall<?, ?> call, SharedFlight<?, ?> over) {
    long took = call.stack.environment.now() - over.startedNanos();
    return call.leftNanos() > took / 10;
  }

  /** Ends a call that does not wait any longer, while others do. */
  void left(CacheableCall<?, ?> call, Status why) {
    call.stopWaiting();
    tell(
        call,
        new CallEnd(
            null,
            null,
            why,
            new Metadata(),
            "it waited for an equal call, which goes on for others",
            false,
            call.isGivenUp()));
  }

  /**
   * Sends an end up, where the call wants to be told. What one caller throws is not the others'.
   */
  private void tell(CacheableCall<?, ?> call, CallEnd end) {
    try {
      call.onCallExecutor(() -> refuse(call, end));
    } catch (RuntimeException e) {
      LOG.log(Level.WARNING, "a caller of " + method.getFullMethodName() + " failed", e);
    }
  }

  private static Metadata copy(Metadata given) {
    Metadata copy = new Metadata();
    copy.merge(given);
    return copy;
  }

  private void keep(
      ByteString key, MessageLite response, @Nullable Metadata headers, Metadata trailers) {
    String control = headers == null ? null : headers.get(CACHE_CONTROL);
    if (control == null) {
      control = trailers.get(CACHE_CONTROL);
    }
    long fresh = control == null ? Long.MAX_VALUE : freshNanos(control);
    if (fresh < 0) {
      cache.remove(key);
      return;
    }
    ResponseCache.Entry entry = cache.put(key, response, 0, fresh);
    if (shared != null && cache.answers()) {
      shared.put(method, key, response, entry.freshNanos(), cache.longest());
    }
  }

  /**
   * Returns how long a server lets a response answer equal calls, as RFC 9111 has it; -1 if it must
   * not be kept at all. What cannot be read is 0: the server wanted some limit.
   */
  static long freshNanos(String control) {
    long fresh = Long.MAX_VALUE;
    for (String part : Splitter.on(',').trimResults().split(control.toLowerCase(Locale.ROOT))) {
      if (part.equals("no-store")) {
        return -1;
      } else if (part.equals("no-cache")) {
        fresh = 0;
      } else if (part.startsWith("max-age=")) {
        Long seconds = Longs.tryParse(part.substring("max-age=".length()));
        fresh =
            seconds == null || seconds < 0 ? 0 : Math.min(fresh, TimeUnit.SECONDS.toNanos(seconds));
      }
    }
    return fresh;
  }

  @Override
  public String toString() {
    return "cache";
  }
}
