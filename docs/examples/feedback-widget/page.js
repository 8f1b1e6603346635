// What an application does besides: answers that come later, and hearing what was said.
const main = document.querySelector("main");
const ask = document.querySelector("#ask");
const log = document.querySelector("#log");

ask.addEventListener("click", () => {
  const article = document.createElement("article");
  const question = document.createElement("p");
  question.className = "question";
  question.textContent = "Do you have gift cards?";
  const answer = document.createElement("p");
  answer.textContent = "Yes, from 10 €.";
  const feedback = document.createElement("review-feedback");
  // The same id that the application's own HTTP call carried: the trace may still be on its way.
  feedback.setAttribute("traceparent", "00-00000000000000000000000000000004-00f067aa0ba902b7-01");
  feedback.setAttribute("user-id", "customer-17");
  feedback.setAttribute("text-question", "Did this answer your question?");
  article.append(question, answer, feedback);
  main.insertBefore(article, ask.parentElement);
});

document.addEventListener("review-feedback", (event) => {
  log.textContent = `Heard: thumbs ${event.detail.thumbs}`;
});
