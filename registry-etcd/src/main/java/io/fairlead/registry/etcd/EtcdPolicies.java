package io.fairlead.registry.etcd;

import com.google.gson.JsonObject;
import io.etcd.jetcd.op.Op;
import io.fairlead.policy.MethodPolicy;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Changes and shows the live policies in etcd. Processes take them by an {@link EtcdPolicySource}.
 *
 * <p>The policies of a service are one set. A change is carried out only if nobody has changed the
 * set since it was read, so no change is lost; the one who comes second gets a {@link
 * PolicyConflictException}. Each change is a revision of its own, and the last 100 are kept.
 *
 * <p>Safe for use by many threads. A stage fails with an {@link IllegalArgumentException} if what
 * was asked for cannot be, and with another exception if etcd cannot be reached.
 */
public final class EtcdPolicies {
  private static final int KEPT_REVISIONS = 100;
  private static final int PAGE = 500;

  private final Link link;
  private final PolicyKeys keys;
  private final InstantSource clock;

  EtcdPolicies(Link link, PolicyKeys keys, InstantSource clock) {
    this.link = link;
    this.keys = keys;
    this.clock = clock;
  }

  /** What etcd has of a service: the set, and when its key was written; 0 if never. */
  private record Stored(PolicySet set, long modRevision) {}

  /** Returns the present set of a service; one with revision 0 if it has none. */
  public CompletionStage<PolicySet> read(String service) {
    String of = PolicyTarget.of(service).service();
    return with(client -> client.list(keys.rules(of)).thenApply(found -> stored(of, found).set()));
  }

  /** Makes a change. Returns the set after it; the same as before if it changes nothing. */
  public CompletionStage<PolicySet> change(PolicyChange change) {
    String service = change.target().service();
    return with(
        client ->
            client
                .list(keys.rules(service))
                .thenCompose(
                    found -> {
                      Stored stored = stored(service, found);
                      expect(stored.set(), change.expectedRevision());
                      return change.lasting().isPresent()
                          ? begin(client, stored, change, change.lasting().get())
                          : change(client, stored, change);
                    }));
  }

  /** Takes the last change of a service back. */
  public CompletionStage<PolicySet> rollback(String service, String author, String reason) {
    return rollback(service, OptionalLong.empty(), author, reason);
  }

  /**
   * Writes an earlier revision again, as a new one. Emergency rules that began after it end.
   *
   * @param revision one that {@link #history} has, or 0 for no rules at all
   */
  public CompletionStage<PolicySet> rollbackTo(
      String service, long revision, String author, String reason) {
    return rollback(service, OptionalLong.of(revision), author, reason);
  }

  private CompletionStage<PolicySet> rollback(
      String service, OptionalLong to, String author, String reason) {
    String of = PolicyTarget.of(service).service();
    String by = PolicyChange.text("author", author);
    String why = PolicyChange.text("reason", reason);
    return with(
        client ->
            client
                .list(keys.rules(of))
                .thenCompose(
                    found ->
                        pages(client, "read the history of " + of, keys.history(of))
                            .thenCompose(
                                past -> rollback(client, found, history(of, past), to, by, why))));
  }

  /** Ends the emergency rules of a service before their time. */
  public CompletionStage<PolicySet> endEmergencies(String service, String author, String reason) {
    String of = PolicyTarget.of(service).service();
    String by = PolicyChange.text("author", author);
    String why = PolicyChange.text("reason", reason);
    return with(
        client ->
            client
                .list(keys.rules(of))
                .thenCompose(
                    found -> {
                      Stored stored = stored(of, found);
                      PolicySet before = stored.set();
                      if (before.emergencies().isEmpty()) {
                        return CompletableFuture.completedFuture(before);
                      }
                      PolicySet next = next(before, before.rules(), List.of(), by, why, "");
                      return commit(client, stored, next, ends(next.service(), found, 0));
                    }));
  }

  /** Returns the revisions of a service that are kept, the latest first. */
  public CompletionStage<List<PolicySet>> history(String service) {
    String of = PolicyTarget.of(service).service();
    return with(
        client ->
            pages(client, "read the history of " + of, keys.history(of))
                .thenApply(found -> history(of, found)));
  }

  /** Returns what the processes that take live policies say of a service, in order of their ids. */
  public CompletionStage<List<PolicyReport>> reports(String service) {
    String of = PolicyTarget.of(service).service();
    return with(
        client ->
            pages(client, "read what processes report", keys.reports())
                .thenApply(
                    found ->
                        found.stream()
                            .map(record -> PolicyReport.decode(of, record.value()))
                            .sorted(Comparator.comparing(PolicyReport::id))
                            .toList()));
  }

  /** Returns the names of the services that have a set, {@code "*"} among them. */
  public CompletionStage<List<String>> services() {
    return with(
        client ->
            pages(client, "list the live policies", keys.rules())
                .thenApply(
                    found -> {
                      TreeSet<String> names = new TreeSet<>();
                      found.forEach(record -> names.add(keys.service(record.key())));
                      return List.copyOf(names);
                    }));
  }

  private Stored stored(String service, RangeSnapshot found) {
    PolicySet set = PolicySet.none(service);
    long modRevision = 0;
    List<PolicyRule> emergencies = new ArrayList<>();
    for (KeyRecord record : found.keys()) {
      try {
        if (keys.isSet(record.key())) {
          set = PolicyCodec.set(service, record.value());
          modRevision = record.modRevision();
        } else {
          emergencies.add(PolicyCodec.emergency(service, record.value()));
        }
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException(
            "the key "
                + record.key()
                + " is no live policy: "
                + e.getMessage()
                + "; a rollback writes an earlier revision over it",
            e);
      }
    }
    emergencies.sort(Comparator.comparingLong(PolicyRule::revision));
    return new Stored(
        new PolicySet(
            service,
            set.revision(),
            set.author(),
            set.reason(),
            set.at(),
            set.change(),
            set.rules(),
            emergencies),
        modRevision);
  }

  private static void expect(PolicySet set, OptionalLong revision) {
    if (revision.isPresent() && revision.getAsLong() != set.revision()) {
      throw conflict(set, "revision " + revision.getAsLong());
    }
  }

  private static PolicyConflictException conflict(PolicySet now, String expected) {
    return new PolicyConflictException(
        "the policies of %s are not as they were read: expected %s, and there is %s%s; look at what it changed, and make the change again"
            .formatted(
                now.service(),
                expected,
                now.title(),
                now.revision() == 0
                    ? ""
                    : " of " + now.at() + " (" + now.reason() + "): " + now.change()),
        now);
  }

  private CompletableFuture<PolicySet> change(
      EtcdClient client, Stored stored, PolicyChange change) {
    PolicySet before = stored.set();
    List<PolicyRule> rules = new ArrayList<>(before.rules());
    int at = 0;
    while (at < rules.size() && !rules.get(at).target().equals(change.target())) {
      at++;
    }
    PolicyRule old = at < rules.size() ? rules.get(at) : null;
    PolicyRule rule = patched(old, before.revision() + 1, change, Optional.empty());
    boolean same =
        old == null
            ? isEmpty(rule)
            : rule.policy().equals(old.policy()) && rule.limits().equals(old.limits());
    if (same) {
      return CompletableFuture.completedFuture(before);
    }
    if (old != null) {
      rules.remove(at);
    }
    if (!isEmpty(rule)) {
      rules.add(at, rule);
    }
    PolicySet next =
        next(before, rules, before.emergencies(), change.author(), change.reason(), "");
    return commit(client, stored, next, List.of());
  }

  private static boolean isEmpty(PolicyRule rule) {
    return rule.policy().isEmpty() && rule.limits().isEmpty();
  }

  /** Returns a rule as it is after a change; checked as far as it can be without a process. */
  private PolicyRule patched(
      @Nullable PolicyRule old, long revision, PolicyChange change, Optional<Instant> until) {
    JsonObject base = new JsonObject();
    if (old != null) {
      base = PolicyJson.encode(old.policy());
      base.add(LiveLimits.NAME, old.limits().encode());
    }
    JsonObject stated = PolicyJson.patched(base, change.patch());
    JsonObject ofServers = new JsonObject();
    ofServers.add(LiveLimits.NAME, stated.remove(LiveLimits.NAME));
    MethodPolicy policy = PolicyJson.decode(stated, LiveLimits.NAME);
    change.checkBounds(policy);
    return new PolicyRule(
        change.target(),
        policy,
        LiveLimits.read(JsonFields.of(ofServers), change.target()),
        revision,
        change.author(),
        change.reason(),
        now(),
        until);
  }

  /** People read it, and compare it with a watch. */
  private Instant now() {
    return clock.instant().truncatedTo(ChronoUnit.SECONDS);
  }

  /** The change of it says what is other than before, and how that came about. */
  private PolicySet next(
      PolicySet before,
      List<PolicyRule> rules,
      List<PolicyRule> emergencies,
      String author,
      String reason,
      String how) {
    PolicySet next =
        new PolicySet(
            before.service(), before.revision() + 1, author, reason, now(), "", rules, emergencies);
    List<String> changes = next.changesSince(before);
    String change = how + (changes.isEmpty() ? "nothing else" : String.join("; ", changes));
    return new PolicySet(
        next.service(), next.revision(), author, reason, next.at(), change, rules, emergencies);
  }

  /** Begins an emergency rule: a key of its own, on a lease of its own. */
  private CompletableFuture<PolicySet> begin(
      EtcdClient client, Stored stored, PolicyChange change, Duration lasting) {
    PolicySet before = stored.set();
    Instant until = now().plus(lasting);
    PolicyRule rule = patched(null, before.revision() + 1, change, Optional.of(until));
    if (isEmpty(rule)) {
      throw new IllegalArgumentException(
          "an emergency rule for " + change.target() + " states no field; give one a value");
    }
    List<PolicyRule> emergencies = new ArrayList<>(before.emergencies());
    emergencies.add(rule);
    PolicySet next =
        next(
            before,
            before.rules(),
            emergencies,
            change.author(),
            change.reason(),
            "until " + until + ", ");
    return client
        .grant(lasting)
        .thenCompose(
            lease ->
                commit(
                        client,
                        stored,
                        next,
                        List.of(
                            EtcdClient.put(
                                keys.emergency(next.service(), next.revision()),
                                lease.id(),
                                PolicyCodec.encode(rule))))
                    .whenComplete(
                        (set, thrown) -> {
                          // Without an answer the rule may be there, and is to last.
                          if (thrown != null && cause(thrown) instanceof PolicyConflictException) {
                            CompletableFuture<Void> unused = client.revoke(lease.id());
                          }
                        }));
  }

  private CompletableFuture<PolicySet> rollback(
      EtcdClient client,
      RangeSnapshot found,
      List<PolicySet> history,
      OptionalLong to,
      String author,
      String reason) {
    String service = history.isEmpty() ? "" : history.get(0).service();
    if (history.isEmpty()) {
      throw new IllegalArgumentException("there is no revision to go back to; none was written");
    }
    Stored stored = readableOrLatest(service, found, history.get(0));
    PolicySet before = stored.set();
    long wanted = to.orElse(before.revision() - 1);
    PolicySet earlier =
        wanted == 0
            ? PolicySet.none(service)
            : history.stream()
                .filter(set -> set.revision() == wanted)
                .findFirst()
                .orElseThrow(
                    () ->
                        new IllegalArgumentException(
                            "revision %d of %s is not kept; there are %d to %d"
                                .formatted(
                                    wanted,
                                    service,
                                    history.get(history.size() - 1).revision(),
                                    history.get(0).revision())));
    List<PolicyRule> emergencies =
        before.emergencies().stream().filter(rule -> rule.revision() <= wanted).toList();
    PolicySet next =
        next(
            before,
            earlier.rules(),
            emergencies,
            author,
            reason,
            "back to revision " + wanted + ": ");
    return commit(client, stored, next, ends(service, found, wanted));
  }

  /**
   * Returns what etcd has, or the latest of the history in its place if that cannot be read or was
   * deleted: that is what a rollback mends.
   */
  private Stored readableOrLatest(String service, RangeSnapshot found, PolicySet latest) {
    try {
      Stored stored = stored(service, found);
      return stored.set().revision() == 0 ? new Stored(latest, 0) : stored;
    } catch (IllegalArgumentException unreadable) {
      long written =
          found.keys().stream()
              .filter(record -> keys.isSet(record.key()))
              .mapToLong(KeyRecord::modRevision)
              .findFirst()
              .orElse(0);
      return new Stored(latest, written);
    }
  }

  /** Takes emergency rules out that began after a revision. */
  private List<Op> ends(String service, RangeSnapshot found, long after) {
    List<Op> ends = new ArrayList<>();
    for (KeyRecord record : found.keys()) {
      String number = record.key().substring(keys.set(service).length());
      if (number.matches("\\d{1,18}") && Long.parseLong(number) > after) {
        ends.add(EtcdClient.deletion(record.key()));
      }
    }
    return ends;
  }

  /** Writes the set, its entry in the history and what goes with it, all at once or not at all. */
  private CompletableFuture<PolicySet> commit(
      EtcdClient client, Stored stored, PolicySet next, List<Op> others) {
    String service = next.service();
    String text = PolicyCodec.encode(next);
    List<Op> changes = new ArrayList<>(others);
    changes.add(EtcdClient.put(keys.set(service), 0, text));
    changes.add(EtcdClient.put(keys.history(service, next.revision()), 0, text));
    if (next.revision() > KEPT_REVISIONS) {
      changes.add(EtcdClient.deletion(keys.history(service, next.revision() - KEPT_REVISIONS)));
    }
    String task = "change the policies of " + service;
    return client
        .commitIf(task, keys.set(service), stored.modRevision(), changes)
        .handle(
            (revision, thrown) -> {
              if (thrown != null) {
                throw doubtful(link.failureOf(client.session(), thrown));
              }
              return revision;
            })
        .thenCompose(
            revision -> {
              if (revision >= 0) {
                return CompletableFuture.completedFuture(next);
              }
              return client
                  .list(keys.rules(service))
                  .thenApply(found -> beaten(stored(service, found).set(), stored.set(), next));
            });
  }

  /** A request that was sent twice finds its own write. */
  private static PolicySet beaten(PolicySet now, PolicySet read, PolicySet next) {
    if (now.equals(next)) {
      return next;
    }
    throw conflict(now, read.title());
  }

  /** Without an answer, nobody knows whether etcd has written. */
  private static EtcdException doubtful(EtcdException failure) {
    return failure.isConnectionFailure()
        ? new EtcdException(
            failure.kind(),
            failure.getMessage() + "; it may have been made all the same: look at the history")
        : failure;
  }

  private List<PolicySet> history(String service, List<KeyRecord> found) {
    List<PolicySet> sets = new ArrayList<>();
    for (KeyRecord record : found) {
      try {
        sets.add(0, PolicyCodec.set(service, record.value()));
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException(
            "the key " + record.key() + " is no revision of live policy: " + e.getMessage(), e);
      }
    }
    return sets;
  }

  private static CompletableFuture<List<KeyRecord>> pages(
      EtcdClient client, String task, KeyRange range) {
    return pages(client, task, range, range.start(), new ArrayList<>());
  }

  private static CompletableFuture<List<KeyRecord>> pages(
      EtcdClient client, String task, KeyRange range, String from, List<KeyRecord> read) {
    return client
        .page(task, from, range, PAGE)
        .thenCompose(
            page -> {
              read.addAll(page.keys());
              return page.keys().size() < PAGE
                  ? CompletableFuture.completedFuture(read)
                  // The smallest key after the last one of this page.
                  : pages(client, task, range, read.get(read.size() - 1).key() + '\0', read);
            });
  }

  /** Does it on the loop, once there is a link or a reason why there is none. */
  private <T> CompletionStage<T> with(Function<EtcdClient, CompletableFuture<T>> work) {
    CompletableFuture<T> done = new CompletableFuture<>();
    EventLoop loop = link.eventLoop();
    loop.execute(
        () ->
            Futures.whenComplete(
                loop,
                link.firstAnswer(),
                (answered, unused) -> {
                  EtcdClient client = link.client();
                  if (client == null) {
                    done.completeExceptionally(link.downReason());
                    return;
                  }
                  Futures.whenComplete(
                      loop,
                      work.apply(client),
                      (value, thrown) -> {
                        if (thrown == null) {
                          done.complete(value);
                        } else {
                          done.completeExceptionally(cause(thrown));
                        }
                      });
                }));
    return done;
  }

  private static Throwable cause(Throwable thrown) {
    return thrown instanceof CompletionException e && e.getCause() != null ? e.getCause() : thrown;
  }
}
