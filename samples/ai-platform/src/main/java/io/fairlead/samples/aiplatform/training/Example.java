package io.fairlead.samples.aiplatform.training;

/**
 * What is learnt from.
 *
 * @param values the features of an image; not to be changed
 * @param label the digit that a person saw
 */
@SuppressWarnings("ArrayRecordComponent") // nobody compares them
record Example(float[] values, int label) {}
