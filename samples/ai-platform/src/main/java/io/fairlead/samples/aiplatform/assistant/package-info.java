/** A small model of characters that writes on, and what it remembers of prompts. */
@NullMarked
package io.fairlead.samples.aiplatform.assistant;

import org.jspecify.annotations.NullMarked;
