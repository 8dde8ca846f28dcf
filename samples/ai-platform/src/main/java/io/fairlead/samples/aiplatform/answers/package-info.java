/** What is made of events: the read model of answers, and a journal of what was captured. */
@NullMarked
package io.fairlead.samples.aiplatform.answers;

import org.jspecify.annotations.NullMarked;
