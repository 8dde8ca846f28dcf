package io.fairlead.balance;

import io.grpc.CallOptions;
import io.grpc.ClientStreamTracer;
import io.grpc.LoadBalancer.PickSubchannelArgs;
import java.util.List;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One attempt of a call, seen from the balancer: it carries in what the choice depends on, and
 * carries out what was chosen and why. Put it into the {@link CallOptions} of the attempt under
 * {@link #KEY}.
 *
 * <p>Made and set up by one thread, then used by the pick; the getters may be called by any thread.
 * Attempts of one call are linked, so that each avoids the endpoints of those made before it.
 */
public final class Attempt implements Pick {
  /** Where the balancer finds the attempt. */
  public static final CallOptions.Key<@Nullable Attempt> KEY =
      CallOptions.Key.create("io.fairlead.balance.Attempt");

  private static final AtomicReferenceFieldUpdater<Attempt, @Nullable MemberView> ENDPOINT =
      AtomicReferenceFieldUpdater.newUpdater(Attempt.class, MemberView.class, "endpoint");

  private final @Nullable BalancerSpec balancer;
  private final EndpointGate gate;
  private final @Nullable Attempt previous;
  private boolean hasKey;
  private long key;
  private @Nullable Route route;
  private @Nullable String wantedEndpoint;
  private @Nullable Consumer<? super List<EndpointView>> everyone;
  private @Nullable Shared shared;
  private String remark = "";
  private @Nullable PickSubchannelArgs args;
  private ClientStreamTracer.@Nullable Factory extraTracer;
  private @Nullable ClientStreamTracer witness;
  private boolean anyWillDo;
  private boolean seeded;
  private long seed;
  private long randomBits;
  private int halves;
  private PickRule rule = PickRule.STRICT;
  private String template = "";
  private long first;
  private long second;
  private int picks;
  private volatile boolean timedOut;
  private volatile boolean overtaken;
  private volatile @Nullable MemberView endpoint;

  private Attempt(@Nullable BalancerSpec balancer, EndpointGate gate, @Nullable Attempt previous) {
    this.balancer = balancer;
    this.gate = gate;
    this.previous = previous;
  }

  /** The first attempt of a call; {@code null} takes the channel's balancer. */
  public static Attempt first(@Nullable BalancerSpec balancer, EndpointGate gate) {
    return new Attempt(balancer, gate, null);
  }

  /** Another attempt of the same call, a retry or a hedge, with the same settings. */
  public Attempt next() {
    Attempt next = new Attempt(balancer, gate, this);
    next.hasKey = hasKey;
    next.key = key;
    next.route = route;
    next.wantedEndpoint = wantedEndpoint;
    return next;
  }

  /**
   * Sets the key of consistent hashing: a scalar, an enum, a string or bytes. The same value gives
   * the same hash in every process.
   */
  public Attempt withKey(Object value) {
    key = KeyHash.of(value);
    hasKey = true;
    return this;
  }

  /** Sets which endpoints are wanted. */
  public Attempt withRoute(Route wanted) {
    route = wanted;
    return this;
  }

  /**
   * Sends the attempt to one given endpoint and to no other, whatever the balancer says. It waits
   * while that endpoint is being connected for the first time, and fails if it cannot be reached.
   *
   * @param idOrAddress the endpoint's id, or one of its addresses as {@code host:port}
   */
  public Attempt withEndpoint(String idOrAddress) {
    wantedEndpoint = idOrAddress;
    return this;
  }

  /**
   * Sends the attempt to the first endpoint of the list, and tells of the whole list within the
   * pick: for a call that goes to all of them. The list is never empty, and holds those too that
   * cannot be reached now.
   */
  public Attempt toEveryone(Consumer<? super List<EndpointView>> told) {
    everyone = told;
    return this;
  }

  /**
   * Sets who follows the stream of this attempt. It travels here, as each further option of a call
   * copies all of them.
   */
  public Attempt witnessedBy(ClientStreamTracer tracer) {
    witness = tracer;
    return this;
  }

  /** Who follows the stream of this attempt. */
  public @Nullable ClientStreamTracer witness() {
    return witness;
  }

  /** The endpoint that the last pick chose; null while the attempt waits for one. */
  public @Nullable EndpointView endpoint() {
    return endpoint;
  }

  /**
   * Why the last pick chose that endpoint, or what the attempt waits for, or why it was refused.
   * The text is made when this is called.
   */
  public String reason() {
    String base = filled(filled(template, "{0}", first), "{1}", second);
    return rule == PickRule.STRICT && remark.isEmpty() ? base : base + rule.remark() + remark;
  }

  /** Makes no more strings than it needs: an observer has it made for every call. */
  private static String filled(String text, String place, long number) {
    return text.contains(place) ? text.replace(place, Long.toString(number)) : text;
  }

  /** How many times a pick was made for it; above 1 if it waited or a connection went away. */
  public int picks() {
    return picks;
  }

  /**
   * Says that the attempt is about to be cancelled because it took too long, so that the
   * cancellation counts against the endpoint.
   */
  public void timedOut() {
    timedOut = true;
  }

  /**
   * Says that the attempt is about to be cancelled because a copy that was sent later has its
   * answer. A few of these in a row are a sign, and one is none.
   */
  public void overtaken() {
    overtaken = true;
  }

  @Override
  public boolean allows(EndpointView candidate) {
    return anyWillDo
        || ((previous == null || rule == PickRule.TRIED_TOO || !tried(candidate))
            && (gate == EndpointGate.OPEN || gate.allows(candidate))
            && (rule != PickRule.STRICT || takesItsShare(candidate)));
  }

  private boolean takesItsShare(EndpointView candidate) {
    double share = candidate.share();
    return share >= 1 || tossFor(candidate) < share;
  }

  @Override
  public long key() {
    return key;
  }

  @Override
  public boolean hasKey() {
    return hasKey;
  }

  @Override
  public long totalInFlight() {
    return shared == null ? 0 : shared.inFlight().sum();
  }

  @Override
  public int random(int bound) {
    // Half of the bits, scaled: without bias that matters, without division.
    return (int) ((halfOfBits() * bound) >>> 32);
  }

  @Override
  public void because(String reason) {
    because(reason, 0, 0);
  }

  @Override
  public void because(String newTemplate, long newFirst, long newSecond) {
    template = newTemplate;
    first = newFirst;
    second = newSecond;
  }

  /** Starts a pick. What the last one left is put back only where there was one. */
  void begin(Shared channel, PickSubchannelArgs newArgs) {
    anyWillDo = previous == null && gate == EndpointGate.OPEN && !channel.isWarming();
    shared = channel;
    args = newArgs;
    seeded = false;
    halves = 0;
    if (picks++ > 0) {
      remark = "";
      rule = PickRule.STRICT;
      template = "";
      extraTracer = null;
    }
  }

  /** Adds to the reason what was decided around the balancer. */
  void remark(String constant) {
    remark = constant;
  }

  /** What grpc-java asked with, for balancers of its own. */
  @Nullable PickSubchannelArgs args() {
    return args;
  }

  /** A stock balancer wants to follow the stream too. */
  void alsoTrace(ClientStreamTracer.@Nullable Factory tracer) {
    extraTracer = tracer;
  }

  ClientStreamTracer.@Nullable Factory extraTracer() {
    return extraTracer;
  }

  void rule(PickRule wanted) {
    if (rule != wanted) {
      rule = wanted;
    }
  }

  void choose(MemberView chosen) {
    if (gate != EndpointGate.OPEN) {
      gate.chosen(chosen);
    }
    // Whoever reads it later needs no more than order; a full fence is felt in a pick.
    ENDPOINT.lazySet(this, chosen);
  }

  /** No endpoint now; the reason says what the attempt waits for, or why it was refused. */
  void leaveOpen(String why) {
    endpoint = null;
    rule = PickRule.STRICT;
    remark = "";
    because(why);
  }

  @Nullable BalancerSpec balancer() {
    return balancer;
  }

  @Nullable Route route() {
    return route;
  }

  @Nullable String wantedEndpoint() {
    return wantedEndpoint;
  }

  @Nullable Consumer<? super List<EndpointView>> everyone() {
    return everyone;
  }

  boolean isOvertaken() {
    return overtaken;
  }

  boolean isTimedOut() {
    return timedOut;
  }

  String gateSays(EndpointView candidate) {
    return gate.describe(candidate);
  }

  /** Whether an earlier attempt of the call went to this endpoint. */
  private boolean tried(EndpointView candidate) {
    for (Attempt earlier = previous; earlier != null; earlier = earlier.previous) {
      EndpointView used = earlier.endpoint;
      if (used != null && (used == candidate || used.id().equals(candidate.id()))) {
        return true;
      }
    }
    return false;
  }

  /** A number in [0, 1) that is the same for one endpoint during one pick. */
  private double tossFor(EndpointView candidate) {
    return KeyHash.unit(KeyHash.mix(seed() ^ candidate.id().hashCode()));
  }

  /** 32 random bits: of the seed's own first, as two draws are what most picks need. */
  private long halfOfBits() {
    if (halves == 0) {
      randomBits = seeded ? KeyHash.mix(randomBits + KeyHash.GOLDEN_GAMMA) : seed();
      halves = 2;
    }
    halves--;
    return halves == 1 ? randomBits >>> 32 : randomBits & 0xFFFF_FFFFL;
  }

  /** Many picks need no chance at all; the seed decides every random number of the others. */
  private long seed() {
    if (!seeded) {
      seeded = true;
      seed = shared == null ? 0 : shared.surroundings().randomBits().getAsLong();
      randomBits = seed;
    }
    return seed;
  }
}
