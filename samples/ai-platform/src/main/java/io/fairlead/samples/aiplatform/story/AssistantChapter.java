package io.fairlead.samples.aiplatform.story;

import io.fairlead.RpcException;
import io.fairlead.Source;
import io.fairlead.client.RpcChannel;
import io.fairlead.policy.MethodPolicy;
import io.fairlead.samples.aiplatform.api.assistant.Assistant;
import io.fairlead.samples.aiplatform.api.assistant.AssistantRpc;
import io.fairlead.samples.aiplatform.api.assistant.DescribeRequest;
import io.fairlead.samples.aiplatform.api.assistant.GenerateRequest;
import io.fairlead.samples.aiplatform.api.assistant.ModelCard;
import io.fairlead.samples.aiplatform.api.assistant.Prefill;
import io.fairlead.samples.aiplatform.api.assistant.Token;
import io.fairlead.samples.aiplatform.assistant.AssistantService;
import io.fairlead.samples.aiplatform.common.Inference;
import io.grpc.Status;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.UnaryOperator;

/** A small language model writes, and what it has read once it need not read again. */
final class AssistantChapter {
  private static final String METHOD = AssistantRpc.SERVICE_NAME + "/Generate";

  /** How many texts are asked about, how long each is, and how often. */
  private static final int TEXTS = 16;

  private static final int LENGTH = 1_280;
  private static final int QUESTIONS = 5;

  /** Enough for the texts of one server, and not for those of both. */
  private static final int STATES = TEXTS * LENGTH / 64 * 3 / 4;

  private static final double FLOOR = 0.6;
  private static final double BITS = 3;

  private final Platform platform;
  private final Screen screen;
  private final Path docs;
  private final RpcChannel channel;

  AssistantChapter(Platform platform, Screen screen, Path docs) {
    this.platform = platform;
    this.screen = screen;
    this.docs = docs;
    this.channel = channel(UnaryOperator.identity());
  }

  void play() throws IOException, InterruptedException {
    screen.line("");
    screen.line("Assistant");
    Assistant affine = AssistantRpc.client(channel);
    Assistant even =
        AssistantRpc.client(
            channel(
                builder ->
                    builder.policy(
                        METHOD, MethodPolicy.builder().balancer("round_robin").build())));
    for (String id : List.of("assistant-1", "assistant-2")) {
      platform.fleet().start(AssistantService.class, id, "text=" + docs, "states=" + STATES);
    }
    platform.awaitOnly(AssistantRpc.SERVICE_NAME, "assistant-1", "assistant-2");
    ModelCard[] card = new ModelCard[1];
    platform.awaitCall(
        "the assistant answers",
        () -> {
          card[0] = affine.describe(DescribeRequest.getDefaultInstance());
          return true;
        });
    screen.check(
        card[0].getBitsPerCharacter() < BITS,
        "learnt from %,d characters of the docs in %.1f s: %.2f bits a character on pages that it"
            + " has not seen (bound: %.0f)",
        card[0].getCharacters(),
        card[0].getSeconds(),
        card[0].getBitsPerCharacter(),
        BITS);
    writes(affine);
    leaves(affine);
    String text =
        Files.readString(docs.resolve("balancing.md"))
            + Files.readString(docs.resolve("contracts.md"))
            + Files.readString(docs.resolve("lifecycle.md"));
    Cached without = ask(even, text, 0);
    Cached with = ask(affine, text, LENGTH / 2);
    tell("by turns", without);
    tell("by affinity", with);
    screen.check(
        with.share() >= FLOOR && with.share() >= without.share() + 0.15,
        "the prefix cache had %.1f %% of the prompts' characters with affinity, and %.1f %% by turns",
        100 * with.share(),
        100 * without.share());
  }

  /** Lets the servers go. */
  void end() throws InterruptedException {
    for (String id : List.of("assistant-1", "assistant-2")) {
      platform.drain(AssistantRpc.SERVICE_NAME, id);
    }
  }

  private RpcChannel channel(UnaryOperator<RpcChannel.Builder> change) {
    return platform.channel(AssistantRpc.service(), change);
  }

  private void writes(Assistant assistant) {
    String prompt = "A server that is stopped ";
    String first = text(assistant, prompt);
    String second = text(assistant, prompt);
    screen.check(
        first.equals(second) && first.length() == 200,
        "it goes on with \"%s\", the same each time: \"%s\"",
        prompt.strip(),
        first.replace('\n', ' ').strip());
    try (Source<Token> none = assistant.generate(GenerateRequest.getDefaultInstance())) {
      Token unused = none.iterator().next();
      screen.check(false, "no prompt was answered");
    } catch (RpcException e) {
      screen.check(
          e.code() == Status.Code.INVALID_ARGUMENT,
          "no prompt: %s, %s",
          e.code(),
          e.getStatus().getDescription());
    }
  }

  private static String text(Assistant assistant, String prompt) {
    StringBuilder text = new StringBuilder();
    try (Source<Token> tokens =
        assistant.generate(
            GenerateRequest.newBuilder().setPrompt(prompt).setAffinity("same").build())) {
      tokens.forEach(token -> text.append(token.getText()));
    }
    return text.toString();
  }

  /** Who has read enough goes away, and nothing is written for nobody. */
  private void leaves(Assistant assistant) throws InterruptedException {
    int read = 0;
    try (Source<Token> tokens =
        assistant.generate(
            GenerateRequest.newBuilder()
                .setPrompt("The gateway ")
                .setMaxTokens(1_000)
                .setAffinity("leaver")
                .build())) {
      for (Token unused : tokens) {
        if (++read == 10) {
          break;
        }
      }
    }
    for (String id : List.of("assistant-1", "assistant-2")) {
      platform.awaitCall(id + " writes nothing", () -> writing(id) == 0);
    }
    screen.check(true, "a caller left after %d tokens of 1,000: nothing is written any more", read);
  }

  private int writing(String id) {
    return AssistantRpc.client(channel.with(Inference.instance(id)))
        .describe(DescribeRequest.getDefaultInstance())
        .getWriting();
  }

  /** What all the prompts of a round found. */
  private static final class Cached {
    private final Map<String, Integer> calls = new TreeMap<>();
    private final List<Long> misses = new ArrayList<>();
    private final List<Long> hits = new ArrayList<>();
    private long characters;
    private long cached;

    double share() {
      return (double) cached / characters;
    }
  }

  /** Asks several questions about each of the texts, in no order. */
  private Cached ask(Assistant assistant, String text, int offset) {
    List<Integer> order = new ArrayList<>();
    for (int i = 0; i < TEXTS * QUESTIONS; i++) {
      order.add(i);
    }
    Collections.shuffle(order, new Random(2026));
    Cached all = new Cached();
    for (int each : order) {
      int from = offset + each % TEXTS * LENGTH;
      String about = text.substring(from, from + LENGTH);
      GenerateRequest request =
          GenerateRequest.newBuilder()
              .setPrompt(about + "\nQuestion " + each + ": what is this for?\n")
              .setMaxTokens(1)
              .setAffinity(Integer.toHexString(about.hashCode()))
              .build();
      try (Source<Token> tokens = assistant.generate(request)) {
        for (Token token : tokens) {
          if (token.hasPrefill()) {
            add(all, token.getPrefill());
          }
        }
      }
      screen.now("%d prompts were read", all.hits.size() + all.misses.size());
    }
    return all;
  }

  private static void add(Cached all, Prefill prefill) {
    all.calls.merge(prefill.getEndpoint(), 1, Integer::sum);
    all.characters += prefill.getPromptTokens();
    all.cached += prefill.getCachedTokens();
    (prefill.getCachedTokens() == 0 ? all.misses : all.hits).add(prefill.getMicros());
  }

  private void tell(String how, Cached all) {
    screen.line(
        "  %d prompts about %d texts, %s: %s; to the first token %.1f ms from the cache, %.1f ms"
            + " without it",
        TEXTS * QUESTIONS, TEXTS, how, all.calls, median(all.hits), median(all.misses));
  }

  private static double median(List<Long> micros) {
    List<Long> sorted = micros.stream().sorted().toList();
    return sorted.isEmpty() ? 0 : sorted.get(sorted.size() / 2) / 1e3;
  }
}
