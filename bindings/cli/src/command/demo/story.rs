//! The scenes: what happens in each, what is said of it, and what must come of it.
//!
//! Marta administers a building of flats, and her mailbox is the one that is watched. Every scene tells beforehand
//! which events there will be; the next does not begin until they are there.

use recapito_engine::event::EventKind;
use recapito_engine::identity::ShipmentId;
use recapito_engine::store::Page;
use recapito_pec::delivery::State;
use recapito_pec::message::Message;
use recapito_pec::{Address, Kind, Verdict};
use recapito_provider::{Behaviour, Forgery, Notice, Receipt, Silence, hours};

use crate::command::verify::description;
use crate::command::{list, show};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::language::{say, text};
use crate::notification::Notification;
use crate::output::{Tone, toned};
use crate::shipment::recipient_lines;

use super::ending::{Plot, compare, essence, expect, states};
use super::screen::Screen;
use super::stage::{ANNA, CARLO, ELENA, Letter, MARTA, STUDIO, Stage};

/// The story, as far as it has been told.
pub(super) struct Story<'s, 'o> {
    stage: &'s mut Stage,
    screen: &'s mut Screen<'o>,
    told: Plot,
}

impl<'s, 'o> Story<'s, 'o> {
    pub(super) fn new(stage: &'s mut Stage, screen: &'s mut Screen<'o>) -> Self {
        Self { stage, screen, told: Plot::default() }
    }

    /// Plays every scene; fails where one comes out differently.
    pub(super) async fn play(mut self) -> Result<(), Failure> {
        self.opening();
        let invitation = self.two_recipients().await?;
        self.a_letter().await?;
        self.ordinary_mail().await?;
        let notice = self.twelve_hours().await?;
        self.forged_receipt(notice).await?;
        self.after_all(notice).await?;
        self.ending([invitation, notice]).await
    }

    fn opening(&mut self) {
        self.screen.title(text(
            "La posta elettronica certificata (PEC), dal vivo",
            "Italian certified mail (PEC), as it happens",
        ));
        self.screen.tell(text(
            "La PEC è posta elettronica con ricevute firmate, e si usa dove altrimenti si manderebbe una \
             raccomandata. Ogni messaggio passa per due gestori, quello di chi scrive e quello di chi riceve, e \
             ciascuno certifica ciò che ha fatto. Recapito legge le ricevute, ne verifica la firma e dice che cosa \
             ne è stato del messaggio.",
            "PEC (posta elettronica certificata) is Italian e-mail with signed receipts, used where one would \
             otherwise send a registered letter. Every message passes through two providers, the sender's and the \
             recipient's, and each certifies what it did. Recapito reads the receipts, checks their signatures, and \
             says what became of the message.",
        ));
        self.screen.tell(text(
            "Tutto avviene su questo computer: un gestore di prova con una sua autorità, connessioni SMTP e IMAP \
             vere con TLS, e un orologio che si può mandare avanti. Ogni riquadro è una notifica che comparirebbe \
             sul telefono di Marta, che amministra un condominio.",
            "All of it happens on this computer: a test provider with an authority of its own, real SMTP and IMAP \
             connections over TLS, and a clock that can be moved forward. Each box is a notification on the phone \
             of Marta, who administers a building of flats.",
        ));
    }

    async fn two_recipients(&mut self) -> Result<ShipmentId, Failure> {
        self.scene(text("1. Un messaggio, due destinatari", "1. One message, two recipients"));
        self.screen.tell(text(
            "Marta convoca due condomini, Anna e Carlo. Il suo gestore risponde che ha accettato il messaggio; il \
             gestore di ciascun destinatario, che l'ha messo nella casella, o perché non ha potuto. Ogni \
             destinatario conta per sé: la ricevuta di consegna prova al mittente che il messaggio è arrivato a \
             quell'indirizzo, e quando (DPR 68/2005, art. 6).",
            "Marta calls two owners, Anna and Carlo, to a meeting. Her provider answers that it has accepted the \
             message; each recipient's provider, that it is in the mailbox, or why it could not be put there. Each \
             recipient counts alone: a delivery receipt is the sender's proof that the message reached that \
             address, and when (DPR 68/2005, art. 6).",
        ));
        self.stage.provider.script().on(CARLO, Behaviour::FullMailbox);
        let shipment = self
            .send(&Letter {
                to: &[ANNA, CARLO],
                subject: text("Convocazione dell'assemblea", "Meeting of the owners"),
                text: text(
                    "L'assemblea è convocata per il 12 del mese prossimo, alle 18.",
                    "The owners meet on the 12th of next month, at six in the evening.",
                ),
            })
            .await?;
        self.see(&[
            (EventKind::Accepted, None),
            (EventKind::Delivered, Some(ANNA)),
            (EventKind::Failed, Some(CARLO)),
        ])
        .await?;
        self.screen.tell(text(
            "Casella piena: sono le parole del gestore di Carlo. Marta sa subito che a lui deve scrivere in un altro modo.",
            "Providers write in Italian: “casella piena” means that Carlo's mailbox is full. Marta knows at once that \
             she has to reach him in another way.",
        ));
        self.becomes(shipment, &[(ANNA, State::Delivered), (CARLO, State::Failed)]).await?;
        Ok(shipment)
    }

    async fn a_letter(&mut self) -> Result<(), Failure> {
        self.stage.pass(hours(1));
        self.scene(text("2. Arriva una lettera", "2. A letter arrives"));
        self.screen.tell(text(
            "Uno studio legale scrive a Marta. Le arriva una busta, firmata dal gestore dello studio, con dentro il \
             messaggio e i suoi allegati. Se la firma è intatta, mittente, ora e contenuto sono quelli che il \
             gestore ha certificato.",
            "A law firm writes to Marta. What arrives is an envelope, signed by the firm's provider, with the \
             message and its attachments inside. If the signature holds, sender, time and content are those that \
             the provider certified.",
        ));
        self.stage.submit(STUDIO, law_firm_letter())?;
        self.receives(Kind::Envelope, Verdict::Trusted);
        self.see(&[(EventKind::Received, None)]).await?;
        self.screen.tell(text(
            "Recapito verifica la firma, apre la busta e mostra la lettera, non l'involucro:",
            "Recapito checks the signature, opens the envelope, and shows the letter, not its wrapping:",
        ));
        self.show_received().await
    }

    async fn ordinary_mail(&mut self) -> Result<(), Failure> {
        self.stage.pass(hours(1));
        self.scene(text("3. Posta ordinaria", "3. Ordinary mail"));
        self.screen.tell(text(
            "In una casella PEC può arrivare anche posta comune, di cui nessuno ha controllato il mittente. Il \
             gestore la mette in una busta di anomalia: non è un errore, ma nemmeno posta certificata, e non deve \
             sembrarlo.",
            "Ordinary e-mail can reach a PEC mailbox too, and nobody has checked who sent it. The provider puts it \
             into an anomaly envelope: that is no error, but no certified mail either, and must not look like it.",
        ));
        let taken = self.stage.provider.receive_ordinary(STRANGER, MARTA, &strangers_mail());
        taken.then_some(()).ok_or_else(nothing)?;
        self.receives(Kind::AnomalyEnvelope, Verdict::Trusted);
        self.see(&[(EventKind::Anomaly, None)]).await
    }

    async fn twelve_hours(&mut self) -> Result<ShipmentId, Failure> {
        self.stage.pass(hours(1));
        self.scene(text("4. Dodici ore di silenzio", "4. Twelve hours of silence"));
        self.screen.tell(text(
            "Marta disdice un contratto con Elena, e il gestore di Elena non risponde. Dopo 12 ore senza risposta \
             il gestore di Marta deve avvisarla (RFC 6109, 3.1.6). L'orologio va avanti: nessuno aspetta.",
            "Marta ends a contract with Elena, whose provider does not answer. After 12 hours without an answer \
             Marta's own provider has to tell her (RFC 6109, 3.1.6). The clock is moved forward; nobody waits.",
        ));
        self.stage.provider.script().on(ELENA, Behaviour::Late(Silence::until_delivery(hours(30))));
        let shipment = self
            .send(&Letter {
                to: &[ELENA],
                subject: text("Disdetta del contratto di pulizie", "End of the cleaning contract"),
                text: text(
                    "Con la presente disdico il contratto alla sua scadenza.",
                    "With this letter I end the contract on its expiry.",
                ),
            })
            .await?;
        self.see(&[(EventKind::Accepted, None)]).await?;
        self.stage.pass(hours(12));
        self.see(&[(EventKind::Delayed, Some(ELENA))]).await?;
        Ok(shipment)
    }

    async fn forged_receipt(&mut self, shipment: ShipmentId) -> Result<(), Failure> {
        self.stage.pass(hours(1));
        self.scene(text("5. Una ricevuta falsa", "5. A forged receipt"));
        self.screen.tell(text(
            "Un'ora dopo arriva una ricevuta di consegna per lo stesso messaggio. Ha tutto ciò che ha una ricevuta \
             vera, anche una firma; ma il certificato l'ha fatto il falsario, con i nomi dell'autorità vera. Chi le \
             credesse smetterebbe di aspettare.",
            "An hour later there is a delivery receipt for that message. It has everything that a real one has, a \
             signature too; but its certificate was made by the forger, under the real authority's names. Whoever \
             believed it would stop waiting.",
        ));
        let receipt = self.forge(shipment).await?;
        self.stage.provider.inject(MARTA, &receipt).then_some(()).ok_or_else(nothing)?;
        self.receives(Kind::Delivery, Verdict::UnknownSigner);
        self.see(&[(EventKind::Suspicious, None)]).await?;
        self.screen.tell(text(
            "Recapito la mostra per quello che è, e non cambia niente. Il messaggio di Marta è ancora:",
            "Recapito shows it as what it is, and it changes nothing. Marta's message is still:",
        ));
        self.becomes(shipment, &[(ELENA, State::Delayed12h)]).await
    }

    async fn after_all(&mut self, shipment: ShipmentId) -> Result<(), Failure> {
        self.stage.pass(hours(11));
        self.scene(text("6. Ventiquattro ore, e poi la consegna", "6. Twenty-four hours, and then delivery"));
        self.screen.tell(text(
            "Dopo 24 ore senza consegna c'è il secondo e ultimo avviso. Una consegna può ancora seguire: sei ore \
             dopo il gestore di Elena si riprende, e manda la ricevuta, questa volta la sua.",
            "After 24 hours without delivery there is the second and last notice. A delivery may still follow it: \
             six hours later Elena's provider is back, and sends the receipt, its own this time.",
        ));
        self.see(&[(EventKind::Delayed, Some(ELENA))]).await?;
        self.stage.pass(hours(6));
        self.see(&[(EventKind::Delivered, Some(ELENA))]).await?;
        self.becomes(shipment, &[(ELENA, State::Delivered)]).await
    }

    /// Compares everything with what was told, and shows the timelines.
    async fn ending(mut self, shipments: [ShipmentId; 2]) -> Result<(), Failure> {
        let events = self.stage.last_look().await?;
        let happened = Plot::stored(&self.stage.client, &events).await?;
        compare(&self.told, &happened)?;
        if !self.screen.is_for_people() {
            return Ok(());
        }
        self.scene(text("Tutta la storia", "The whole story"));
        self.screen.tell(text(
            "Di ogni messaggio inviato, le ricevute nell'ordine in cui i gestori le hanno certificate. Ognuna è un \
             file che chiunque può verificare, senza casella e senza rete: `recapito verify`.",
            "For each message sent, the receipts in the order in which the providers certified them. Each is a file \
             that anybody can check, without a mailbox or a network: `recapito verify`.",
        ));
        for id in shipments {
            self.screen.output.line("");
            let shipment = self.stage.client.shipment(id).await?;
            show::shipment(&self.stage.client, &shipment, self.screen.output).await?;
        }
        self.screen.tell(text(
            "E ciò che è arrivato a Marta, ogni cosa con il suo verdetto:",
            "And what has come to Marta, each with its verdict:",
        ));
        self.screen.output.line("");
        let all = Page { limit: 100, offset: 0 };
        for message in self.stage.client.received(None, all).await?.iter().rev() {
            list::message_row(message, self.screen.output);
        }
        let (events, sent, received) = (happened.events.len(), happened.sent.len(), happened.received.len());
        self.screen.output.line("");
        self.screen.output.line(&toned(
            Tone::Good,
            &say!(
                "  La storia è andata come previsto: {events} notifiche, {sent} messaggi inviati, {received} ricevuti.",
                "  The story came out as told: {events} notifications, {sent} messages sent, {received} received."
            ),
        ));
        Ok(())
    }

    fn scene(&mut self, title: &str) {
        self.screen.scene(title, self.stage.now());
    }

    async fn send(&mut self, letter: &Letter) -> Result<ShipmentId, Failure> {
        let shipment = self.stage.send(letter).await?;
        self.told.sent.insert(shipment, Default::default());
        Ok(shipment)
    }

    /// Tells which events come now, waits for them, shows them, and compares.
    async fn see(&mut self, told: &[(EventKind, Option<&str>)]) -> Result<(), Failure> {
        let told: Vec<_> = told.iter().map(|(kind, whom)| (*kind, whom.map(Address::new))).collect();
        let events = self.stage.hear(told.len()).await?;
        for event in &events {
            let notification = Notification::of(&self.stage.client, event).await?;
            self.screen.notify(event, &notification);
        }
        expect(&told, &events.iter().map(essence).collect())?;
        self.told.events.extend(told);
        Ok(())
    }

    /// Tells what has become of a message by now for each of its recipients, compares, and shows it.
    async fn becomes(&mut self, id: ShipmentId, told: &[(&str, State)]) -> Result<(), Failure> {
        let told = told.iter().map(|(address, state)| (Address::new(address), *state)).collect();
        let shipment = self.stage.client.shipment(id).await?;
        expect(&told, &states(&shipment))?;
        self.told.sent.insert(id, told);
        let recipients = shipment.delivery.recipients.iter();
        let lines: Vec<_> =
            recipients.flat_map(|(address, status)| recipient_lines(address, status)).collect();
        self.screen.show(&lines);
        Ok(())
    }

    /// Tells that a message is going to lie among those received.
    fn receives(&mut self, kind: Kind, verdict: Verdict) {
        self.told.received.push((kind, verdict));
    }

    /// Shows the message received last, as the command `show` does.
    async fn show_received(&mut self) -> Result<(), Failure> {
        let client = &self.stage.client;
        let id = self.stage.messages().await?.last().copied().ok_or_else(nothing)?;
        let (message, raw) = (client.message(id).await?, client.raw(id).await?);
        let mut lines = description(&client.verification(id).await?);
        lines.push(String::new());
        lines.extend(show::content(&message, &Message::parse(&raw)));
        self.screen.show(&lines);
        Ok(())
    }

    /// A delivery receipt for Marta's message that fits in everything but its signer.
    async fn forge(&self, shipment: ShipmentId) -> Result<Vec<u8>, Failure> {
        let client = &self.stage.client;
        let submitted = client.submitted(shipment).await?.ok_or_else(nothing)?;
        let provider = &self.stage.provider;
        let workshop = provider.workshop(MARTA).ok_or_else(nothing)?;
        let mut message = workshop.take(&submitted, self.stage.now(), |_| true);
        let envelope = client.shipment(shipment).await?.delivery.dispatches.first().cloned();
        message.identifier = envelope.ok_or_else(nothing)?;
        let receipt = Notice::Delivery { recipient: ELENA.to_owned(), receipt: Receipt::Complete };
        Ok(provider.forge(Forgery::Counterfeit, &receipt, &message))
    }
}

/// What a scene builds on is not there: a box or a message.
fn nothing() -> Failure {
    Failure {
        exit: Exit::Fault,
        message: say!("manca una casella o un messaggio", "a box or a message is missing"),
    }
}

/// The law firm's letter with its attachment, as its own mail program makes it.
fn law_firm_letter() -> Vec<u8> {
    let (subject, body, file) = (
        text("Infiltrazioni nel vano scale", "Water in the stairwell"),
        text(
            "Gentile amministratrice,\r\nin allegato la perizia sulle infiltrazioni nel vano scale.\r\n\
             Attendiamo una risposta entro trenta giorni.\r\n\r\nStudio Verdi",
            "Dear administrator,\r\nenclosed is the survey of the water damage in the stairwell.\r\n\
             We expect your answer within thirty days.\r\n\r\nStudio Verdi",
        ),
        text("perizia.pdf", "survey.pdf"),
    );
    format!(
        "From: Studio Verdi <{STUDIO}>\r\nTo: {MARTA}\r\nSubject: {subject}\r\n\
         Message-ID: <letter@client.example.test>\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=\"letter\"\r\n\r\n\
         --letter\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{body}\r\n\
         --letter\r\nContent-Type: application/pdf; name=\"{file}\"\r\n\
         Content-Disposition: attachment; filename=\"{file}\"\r\nContent-Transfer-Encoding: base64\r\n\r\n\
         JVBERi0xLjQKJSVFT0YK\r\n--letter--\r\n"
    )
    .into_bytes()
}

/// What anybody can write.
fn strangers_mail() -> Vec<u8> {
    let (subject, body) = (
        text("Il suo conto sta per essere sospeso", "Your account is about to be suspended"),
        text("Confermi subito i suoi dati.", "Confirm your details at once."),
    );
    format!(
        "From: {STRANGER}\r\nTo: {MARTA}\r\nSubject: {subject}\r\nMessage-ID: <1@bank.example>\r\n\r\n{body}\r\n"
    )
    .into_bytes()
}

const STRANGER: &str = "security@bank.example";
