package io.fairlead.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A cluster of three real etcds on free ports of the loopback interface. Members are numbered from
 * 0. One thread uses it; whoever starts it closes it.
 */
public final class EtcdCluster implements AutoCloseable {
  private static final int SIZE = 3;
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final Path binary;
  private final Path directory;
  private final HttpClient http =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(Duration.ofSeconds(2))
          .build();
  private final List<Member> members = new ArrayList<>();
  private final Thread reaper;

  private static final class Member {
    final String name;
    final int clientPort;
    final int peerPort;
    final PeerSwitch peers;
    @Nullable EtcdProcess process;
    String state = "new";
    String id = "";

    Member(int number, int clientPort, int peerPort) {
      this.name = "m" + number;
      this.clientPort = clientPort;
      this.peerPort = peerPort;
      this.peers = new PeerSwitch(peerPort);
    }

    String peerUrl() {
      return "http://127.0.0.1:" + peers.port();
    }

    String hexId() {
      return Long.toHexString(Long.parseUnsignedLong(id)).toLowerCase(Locale.ROOT);
    }
  }

  private EtcdCluster(EtcdRelease release) {
    this.binary = release.binary();
    try {
      this.directory = Files.createTempDirectory("fairlead-etcd-cluster-");
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot make a directory for the data of etcd", e);
    }
    List<Integer> ports = freePorts(2 * SIZE);
    for (int i = 0; i < SIZE; i++) {
      members.add(new Member(i, ports.get(2 * i), ports.get(2 * i + 1)));
    }
    this.reaper = new Thread(this::killAll, "etcd-cluster-reaper");
    Runtime.getRuntime().addShutdownHook(reaper);
    startAll();
    learnIds();
  }

  /** Starts one and waits until every member serves. */
  public static EtcdCluster start(EtcdRelease release) {
    return new EtcdCluster(release);
  }

  /** How many members it has. */
  public int size() {
    return SIZE;
  }

  /** What clients connect to: {@code http://127.0.0.1:port}. */
  public String endpoint(int member) {
    return "http://127.0.0.1:" + members.get(member).clientPort;
  }

  /** The endpoints of all members. */
  public List<String> endpoints() {
    return IntStream.range(0, SIZE).mapToObj(this::endpoint).toList();
  }

  /** The member with this endpoint. */
  public int memberAt(String endpoint) {
    return endpoints().indexOf(endpoint);
  }

  /** The member that leads; waits for an election if one is under way. */
  public int leader() {
    return await(
        "a leader",
        () -> {
          for (int i = 0; i < SIZE; i++) {
            for (Member one : members) {
              if (!one.id.isEmpty() && find("\"leader\":\"(\\d+)\"", status(i)).equals(one.id)) {
                int found = members.indexOf(one);
                if (found == i) {
                  return found;
                }
              }
            }
          }
          return null;
        });
  }

  /** Ends a member with SIGKILL. Its data stays. */
  public void kill(int member) {
    EtcdProcess process = members.get(member).process;
    if (process != null) {
      process.kill();
      members.get(member).process = null;
    }
  }

  /** Stops a member with SIGSTOP: its connections stay open, and nothing answers. */
  public void pause(int member) {
    running(member).signal("STOP");
  }

  /** Lets a member go on after {@link #pause}. */
  public void resume(int member) {
    running(member).signal("CONT");
  }

  /** Cuts a member off from the others, in both directions. Clients still reach it. */
  public void isolate(int member) {
    String id = members.get(member).hexId();
    for (int i = 0; i < SIZE; i++) {
      members.get(i).peers.refuse(i == member ? sender -> true : id::equals);
    }
  }

  /** Ends all faults: starts what is down, lets go on what is paused, and joins what is cut. */
  public void heal() {
    for (int i = 0; i < SIZE; i++) {
      members.get(i).peers.refuse(sender -> false);
      if (members.get(i).process != null) {
        resume(i);
      }
    }
    startAll();
    leader();
  }

  /** Loses the data of a member, and puts it into the cluster again as a new one. */
  public void replace(int member) {
    Member lost = members.get(member);
    kill(member);
    int other = (member + 1) % SIZE;
    await("removed", () -> post(other, "cluster/member/remove", "{\"ID\":\"" + lost.id + "\"}"));
    RealEtcd.delete(data(lost));
    lost.state = "existing";
    await(
        "added",
        () -> post(other, "cluster/member/add", "{\"peerURLs\":[\"" + lost.peerUrl() + "\"]}"));
    startAll();
    learnIds();
  }

  /** Stops the whole cluster, keeps a copy of its data, and starts it again. */
  public void backUp() {
    killAll();
    RealEtcd.delete(directory.resolve("backup"));
    members.forEach(one -> copy(data(one), directory.resolve("backup").resolve(one.name)));
    startAll();
  }

  /** Stops the whole cluster, and starts it with the data of the last {@link #backUp}. */
  public void restore() {
    killAll();
    for (Member one : members) {
      RealEtcd.delete(data(one));
      copy(directory.resolve("backup").resolve(one.name), data(one));
    }
    startAll();
  }

  /** Forgets all history. */
  public void compact() {
    long revision = Long.parseLong(find("\"revision\":\"(\\d+)\"", status(leader())));
    await(
        "compacted", () -> post(leader(), "kv/compaction", "{\"revision\":\"" + revision + "\"}"));
  }

  /** Gives the unused space of a member back, which does not answer meanwhile. */
  public void defragment(int member) {
    await("defragmented", () -> post(member, "maintenance/defragment", "{}"));
  }

  @Override
  public void close() {
    killAll();
    Runtime.getRuntime().removeShutdownHook(reaper);
    members.forEach(one -> one.peers.close());
    RealEtcd.delete(directory);
  }

  @Override
  public String toString() {
    return "EtcdCluster" + endpoints();
  }

  private EtcdProcess running(int member) {
    EtcdProcess process = members.get(member).process;
    if (process == null) {
      throw new IllegalStateException("member " + member + " does not run");
    }
    return process;
  }

  /** Together: none of them serves before there is a majority. */
  private void startAll() {
    List<CompletableFuture<Void>> starting =
        members.stream()
            .filter(one -> one.process == null)
            .map(one -> CompletableFuture.runAsync(() -> launch(one), task -> run(task, one)))
            .toList();
    starting.forEach(CompletableFuture::join);
  }

  private static void run(Runnable task, Member member) {
    new Thread(task, "etcd-start-" + member.name).start();
  }

  private void launch(Member member) {
    String all =
        members.stream()
            .map(one -> one.name + "=" + one.peerUrl())
            .collect(Collectors.joining(","));
    String client = "http://127.0.0.1:" + member.clientPort;
    List<String> command = new ArrayList<>(List.of(binary.toString(), "--name", member.name));
    command.addAll(List.of("--data-dir", data(member).toString()));
    command.addAll(List.of("--listen-client-urls", client, "--advertise-client-urls", client));
    command.addAll(List.of("--listen-peer-urls", "http://127.0.0.1:" + member.peerPort));
    command.addAll(List.of("--initial-advertise-peer-urls", member.peerUrl()));
    command.addAll(List.of("--initial-cluster", all, "--initial-cluster-state", member.state));
    member.process = EtcdProcess.start(command, directory.resolve(member.name + ".log"));
  }

  private void killAll() {
    IntStream.range(0, SIZE).forEach(this::kill);
  }

  private void learnIds() {
    await(
        "ids of all members",
        () -> {
          String list = post(0, "cluster/member/list", "{}");
          if (list == null) {
            return null;
          }
          for (Member one : members) {
            one.id = find("\"ID\":\"(\\d+)\",\"name\":\"" + one.name + "\"", list);
          }
          return members.stream().noneMatch(one -> one.id.isEmpty()) ? list : null;
        });
  }

  private String status(int member) {
    String answer = post(member, "maintenance/status", "{}");
    return answer == null ? "" : answer;
  }

  /** The answer's text, or null if there is none, or a refusal. */
  private @Nullable String post(int member, String method, String body) {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(endpoint(member) + "/v3/" + method))
            .timeout(Duration.ofSeconds(5))
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build();
    try {
      HttpResponse<String> response = http.send(request, HttpResponse.BodyHandlers.ofString());
      return response.statusCode() == 200 ? response.body() : null;
    } catch (IOException e) {
      return null;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("Interrupted at " + method, e);
    }
  }

  private interface Attempt<T> {
    @Nullable T make();
  }

  /** Tries until there is a result: a cluster that changes refuses for a while. */
  private static <T> T await(String what, Attempt<T> attempt) {
    long start = System.nanoTime();
    while (System.nanoTime() - start < PATIENCE.toNanos()) {
      T result = attempt.make();
      if (result != null) {
        return result;
      }
      LockSupport.parkNanos(50_000_000);
    }
    throw new IllegalStateException("No " + what + " within " + PATIENCE);
  }

  private static String find(String pattern, String text) {
    Matcher matcher = Pattern.compile(pattern).matcher(text);
    return matcher.find() ? matcher.group(1) : "";
  }

  private Path data(Member member) {
    return directory.resolve(member.name);
  }

  /** All at once, so that they differ. */
  private static List<Integer> freePorts(int count) {
    List<ServerSocket> sockets = new ArrayList<>();
    try {
      for (int i = 0; i < count; i++) {
        sockets.add(new ServerSocket(0, 1, InetAddress.getLoopbackAddress()));
      }
      List<Integer> ports = sockets.stream().map(ServerSocket::getLocalPort).toList();
      for (ServerSocket socket : sockets) {
        socket.close();
      }
      return ports;
    } catch (IOException e) {
      throw new UncheckedIOException("No free ports", e);
    }
  }

  private static void copy(Path from, Path to) {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.toList()) {
        Path target = to.resolve(from.relativize(file).toString());
        if (Files.isDirectory(file)) {
          Files.createDirectories(target);
        } else {
          Files.copy(file, target);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot copy " + from + " to " + to, e);
    }
  }
}
