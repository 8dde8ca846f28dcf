package io.fairlead.samples.aiplatform.assistant;

import io.fairlead.RpcException;
import io.fairlead.Source;
import io.fairlead.samples.aiplatform.api.assistant.Assistant;
import io.fairlead.samples.aiplatform.api.assistant.AssistantRpc;
import io.fairlead.samples.aiplatform.api.assistant.DescribeRequest;
import io.fairlead.samples.aiplatform.api.assistant.GenerateRequest;
import io.fairlead.samples.aiplatform.api.assistant.ModelCard;
import io.fairlead.samples.aiplatform.api.assistant.Prefill;
import io.fairlead.samples.aiplatform.api.assistant.Token;
import io.fairlead.samples.aiplatform.common.ServiceProcess;
import io.fairlead.samples.aiplatform.common.Settings;
import io.grpc.Status;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/** Writes on after a prompt, as the pages are written that it has learnt from. */
public final class AssistantService implements Assistant {
  static final int MOST_PROMPT = 16_000;
  static final int MOST_TOKENS = 1_000;
  private static final int DEFAULT_TOKENS = 200;

  /** One page in so many is not learnt from. */
  private static final int HELD = 8;

  /** Of the pages that are not learnt from, this much tunes the model, and as much measures it. */
  private static final int HELD_CHARACTERS = 6_000;

  /** Below 1, likely characters become likelier. */
  private static final double TEMPERATURE = 0.6;

  private final String id;
  private final CharacterModel model;
  private final ModelCard card;
  private final PrefixCache cache;
  private final AtomicInteger writing = new AtomicInteger();

  AssistantService(String id, CharacterModel model, ModelCard card, PrefixCache cache) {
    this.id = id;
    this.model = model;
    this.card = card;
    this.cache = cache;
  }

  public static void main(String[] args) throws Exception {
    Settings settings = Settings.parse(args);
    Pages pages = Pages.read(Path.of(settings.text("text")));
    long begin = System.nanoTime();
    CharacterModel model = CharacterModel.train(pages.learnt(), pages.tuning());
    double seconds = (System.nanoTime() - begin) / 1e9;
    ModelCard card =
        ModelCard.newBuilder()
            .setCharacters(pages.learnt().length())
            .setSeconds(seconds)
            .setBitsPerCharacter(model.bitsPerCharacter(pages.measure()))
            .build();
    PrefixCache cache = new PrefixCache(settings.number("states", 1_000));
    try (ServiceProcess process = ServiceProcess.open(settings)) {
      AssistantService service = new AssistantService(settings.id(), model, card, cache);
      process.serve(AssistantRpc.SERVICE_NAME, AssistantRpc.bind(service));
    }
  }

  /**
   * The pages of a folder.
   *
   * @param tuning part of those that are not learnt from
   * @param measure another part
   */
  private record Pages(String learnt, String tuning, String measure) {

    static Pages read(Path folder) throws IOException {
      List<Path> files;
      try (Stream<Path> all = Files.list(folder)) {
        files = all.filter(file -> file.toString().endsWith(".md")).sorted().toList();
      }
      StringBuilder learnt = new StringBuilder();
      StringBuilder held = new StringBuilder();
      for (int i = 0; i < files.size(); i++) {
        (i % HELD == HELD - 1 ? held : learnt).append(Files.readString(files.get(i))).append('\n');
      }
      if (held.length() < 2 * HELD_CHARACTERS) {
        throw new IOException(
            "the pages in " + folder + " are too few to learn from; text= takes the folder docs");
      }
      return new Pages(
          learnt.toString(),
          held.substring(0, HELD_CHARACTERS),
          held.substring(HELD_CHARACTERS, 2 * HELD_CHARACTERS));
    }
  }

  @Override
  public ModelCard describe(DescribeRequest request) {
    return card.toBuilder().setWriting(writing.get()).build();
  }

  @Override
  public Source<Token> generate(GenerateRequest request) {
    int most = request.getMaxTokens() == 0 ? DEFAULT_TOKENS : request.getMaxTokens();
    if (request.getPrompt().isEmpty() || request.getPrompt().length() > MOST_PROMPT) {
      throw refused(
          "prompt has " + request.getPrompt().length() + " characters; it has 1 to " + MOST_PROMPT);
    }
    if (most < 1 || most > MOST_TOKENS) {
      throw refused("max_tokens is " + most + "; it is 1 to " + MOST_TOKENS);
    }
    return Source.from(out -> write(request, most, out));
  }

  private static RuntimeException refused(String why) {
    return RpcException.answer(Status.Code.INVALID_ARGUMENT, why);
  }

  private void write(GenerateRequest request, int most, Source.Out<Token> out)
      throws InterruptedException {
    writing.incrementAndGet();
    try {
      byte[] prompt = Alphabet.symbols(request.getPrompt());
      long begin = System.nanoTime();
      PrefixCache.Read read = cache.read(model, prompt);
      out.send(
          Token.newBuilder()
              .setPrefill(
                  Prefill.newBuilder()
                      .setEndpoint(id)
                      .setPromptTokens(prompt.length)
                      .setCachedTokens(read.cached())
                      .setMicros((System.nanoTime() - begin) / 1_000))
              .build());
      SplittableRandom random = new SplittableRandom(request.getSeed());
      for (int i = 0; i < most; i++) {
        int symbol = draw(read.state().next(), random);
        // Ends here when the caller has left.
        out.send(Token.newBuilder().setText(String.valueOf(Alphabet.character(symbol))).build());
        double unused = read.state().read(new byte[] {(byte) symbol});
      }
    } finally {
      writing.decrementAndGet();
    }
  }

  private static int draw(double[] shares, SplittableRandom random) {
    double sum = 0;
    for (int symbol = 1; symbol < shares.length; symbol++) {
      shares[symbol] = Math.pow(shares[symbol], 1 / TEMPERATURE);
      sum += shares[symbol];
    }
    double left = random.nextDouble() * sum;
    for (int symbol = 1; symbol < shares.length; symbol++) {
      left -= shares[symbol];
      if (left <= 0) {
        return symbol;
      }
    }
    return shares.length - 1;
  }
}
